/**
 * What a CPU does to a device through a BAR.
 *
 *      store    posted                    in the device's memory, some time
 *      load     a round trip              all ones where nothing answers
 *      atomic   read-modify-write         undefined: PCIe carries no atomic from a CPU instruction to a BAR
 */
import { pageBytes } from '../../model/ids.ts';
import type { PciBar } from '../../model/fabric.ts';
import type { OpResult } from '../event.ts';
import { frameAt, storeContent } from '../mm/frames.ts';
import { ok, type Tx } from '../tx.ts';
import { barName } from './fabric.ts';

/** What a CPU atomic on a BAR may come to. */
const atomicOutcomes = [
  'a read and a write, between which others may write: an update is lost',
  'ignored',
  'a machine check, or a hang',
] as const;

const allOnes = 0xffff_ffff;

/** The frame of device memory behind a byte of a BAR, or null. */
function frameBehind(tx: Tx, bar: PciBar, offset: number): number | null {
  const pool = bar.pool === null ? null : tx.get('pool', bar.pool);
  return pool === null ? null : pool.firstFrame + Math.floor((bar.offset + offset) / pageBytes);
}

export interface BarAccess {
  readonly device: string;
  readonly bar: number;
  readonly offset: number;
  readonly access: 'load' | 'store' | 'atomic';
  readonly value: number;
}

/** -EINVAL: there is no such BAR, or the byte lies outside it. */
export function accessBar(tx: Tx, { device, bar: index, offset, access, value }: BarAccess): OpResult {
  const bar = tx.get('bar', barName(device, index));
  const at = { device };
  if (bar === null || bar.start === null)
    return tx.refuse('EINVAL', 'bar.access.none', {
      at,
      why: `${device} has no BAR ${index} that is assigned`,
      fn: 'pci_iomap',
    });
  if (offset >= bar.bytes)
    return tx.refuse('EINVAL', 'bar.access.outside', {
      at,
      why: `BAR ${index} shows ${bar.bytes} bytes: what lies beyond cannot be seen through it`,
      fn: 'pci_iomap_range',
    });
  const place = { device, bar: index, offset, address: bar.start + offset };
  if (access === 'atomic') {
    tx.emit({ kind: 'outcomeUndefined', rule: 'bar.atomic', at, args: { ...place, outcomes: [...atomicOutcomes] } });
    return ok;
  }
  const answers = tx.get('pci', device)?.decode === true;
  const frame = frameBehind(tx, bar, offset);
  const kept = frame === null ? null : frameAt(tx.world, frame);
  if (access === 'load') {
    const seen = answers ? (kept?.content ?? null) : allOnes;
    tx.emit({ kind: 'barRead', rule: answers ? 'bar.load' : 'bar.load.noAnswer', at, args: { ...place, value: seen } });
    return ok;
  }
  tx.emit(
    { kind: 'barWritten', rule: answers ? 'bar.store' : 'bar.store.lost', at, args: { ...place, value } },
    (w) => {
      if (answers && frame !== null && kept !== null) storeContent(w, frame, frame + 1, value, false);
    },
  );
  return ok;
}
