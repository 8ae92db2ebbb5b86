/**
 * Access Control Services of a port: the three redirect bits (RR, CR, EC) send peer traffic up to the root complex.
 *
 *      RR off    EP0 -> port -> switch -> port -> EP1        RR on    EP0 -> … -> root complex -> … -> EP1
 *
 * Models pci_enable_acs and pci_disable_acs_redir of drivers/pci/pci.c, and setpci. Kept map types stay as they are.
 */
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { acsBits } from './p2pdma.ts';

export type AcsBit = keyof typeof acsBits;
export const acsBitNames = Object.keys(acsBits) as readonly AcsBit[];

const printAcs = (control: number): string =>
  acsBitNames.filter((bit) => (control & acsBits[bit]) !== 0).join(' ') || 'none';

/** -ENOTTY: the function has no ACS capability. Bits that it lacks stay 0. */
export function setAcs(tx: Tx, name: string, bits: readonly AcsBit[]): OpResult {
  const device = tx.get('pci', name);
  if (device?.acs == null)
    return tx.refuse('ENOTTY', 'acs.none', {
      at: { device: name },
      why: device === null ? `there is no PCI function ${name}` : `${name} has no ACS capability`,
      fn: 'pci_enable_acs',
    });
  const { capability, control: before } = device.acs;
  const control = bits.reduce((all, bit) => all | acsBits[bit], 0) & capability;
  tx.emit(
    {
      kind: 'acsChanged',
      rule: 'acs.set',
      at: { device: name },
      args: { device: name, before: printAcs(before), after: printAcs(control) },
    },
    (w) => w.patch('pci', name, { acs: { capability, control } }),
  );
  return ok;
}
