/**
 * A BAR changes its size, or everything stays as it was.
 *
 *      256 MiB of 16 GiB visible     resize to 16 GiB      all visible; the device's other BARs may have moved
 *                                    no room               256 MiB again, and -ENOSPC
 *
 * Models pci_resize_resource of drivers/pci/rebar.c (setup-res.c before 6.19) and resourceN_resize in sysfs.
 */
import { printBytes } from '../../base/format.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';
import { placeBars } from './bar-place.ts';
import { barName } from './fabric.ts';

const minimum = 2 ** 20;

/** `by` sysfs: the kernel wants no driver and no virtual function, and switches decoding off for the while. */
export function resizeBar(tx: Tx, name: string, index: number, bytes: number, through: 'driver' | 'sysfs'): OpResult {
  const key = barName(name, index);
  const [device, bar] = [tx.get('pci', name), tx.get('bar', key)];
  const fn = through === 'sysfs' ? 'resource_resize_store' : 'pci_resize_resource';
  const no = (errno: string, rule: string, why: string, at = name): OpResult =>
    tx.refuse(errno, rule, { at: { device: at }, why, fn });
  if (device === null || bar === null) return no('EINVAL', 'bar.resize.none', `${name} has no BAR ${index}`);
  if (through === 'sysfs' && device.driver !== null)
    return no('EBUSY', 'bar.resize.driver', `the driver ${device.driver} is bound to ${name}`);
  if (through === 'sysfs' && device.virtualFunctions > 0)
    return no('EBUSY', 'bar.resize.virtualFunctions', `${device.virtualFunctions} virtual functions of ${name} are on`);
  if (tx.get('hostBridge', device.hostBridge)?.keepsFirmwareSetup === true)
    return no('ENOTSUPP', 'bar.resize.firmware', 'firmware demands that its assignment stays', device.hostBridge);
  if (through === 'driver' && device.decode)
    return no('EBUSY', 'bar.resize.decode', `${name} decodes memory: its BARs are in use`);
  if (bar.resizable === null)
    return no('ENOTSUPP', 'bar.resize.noCapability', `BAR ${index} of ${name} cannot be resized`);
  if (bytes < minimum || !bar.resizable.includes(bytes))
    return no(
      'EINVAL',
      'bar.resize.size',
      `${printBytes(bytes)} is none of ${bar.resizable.map(printBytes).join(', ')}`,
    );
  const placed = placeBars(tx.world, key, bytes);
  if ('errno' in placed) return no(placed.errno, placed.rule, placed.why, placed.at);
  const moved = [...placed.bars].filter(([each, start]) => each !== key && tx.get('bar', each)?.start !== start);
  const moves = moved.map(([each, start]) => ({ bar: each, before: tx.get('bar', each)?.start ?? null, after: start }));
  const resized = tx.emit(
    {
      kind: 'barResized',
      rule: `bar.resize.${through}`,
      fn,
      at: { device: name },
      args: { bar: key, before: bar.bytes, after: bytes, start: placed.bars.get(key) ?? null },
    },
    (w) => {
      for (const [bridge, window] of placed.windows) {
        const before = w.get('pci', bridge)?.windows ?? [];
        w.patch('pci', bridge, { windows: [...before.filter(({ type }) => type !== window.type), window] });
      }
      for (const [each, start] of placed.bars) w.patch('bar', each, each === key ? { start, bytes } : { start });
    },
  );
  // Released and placed anew in the same call: each is told, the change is one.
  for (const move of moves)
    tx.emit({ kind: 'barMoved', cause: resized, rule: 'bar.move', at: { device: name }, args: move });
  return ok;
}
