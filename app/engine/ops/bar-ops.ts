/** Operations on BARs and PCIe atomics. */
import { z } from 'zod';
import { arg, defineOp } from '../define-op.ts';
import { enableAtomics } from '../fabric/atomics.ts';
import { accessBar } from '../fabric/bar-access.ts';
import { resizeBar } from '../fabric/bar-resize.ts';
import { ok } from '../tx.ts';
import { node } from './peer-ops.ts';

const bar = z.number().int().min(0).max(64);
const bytes = z
  .number()
  .int()
  .min(0)
  .max(2 ** 50);

export const resizeBarOp = defineOp(
  'resizeBar',
  'A driver, or a person through sysfs, gives a BAR another size.',
  {
    device: node,
    bar,
    bytes: bytes.min(1),
    through: z.enum(['driver', 'sysfs']).default('driver').describe('sysfs: no driver may be bound'),
  },
  (tx, op) => resizeBar(tx, op.device, op.bar, op.bytes, op.through),
);

export const setDecode = defineOp(
  'setDecode',
  'Memory decoding of a function is switched on or off.',
  { device: node, on: z.boolean().default(true) },
  (tx, op) => {
    if (tx.get('pci', op.device) === null)
      return tx.refuse('ENODEV', 'pci.none', { why: `there is no PCI function ${op.device}` });
    tx.emit(
      { kind: 'decodeChanged', rule: 'pci.decode', at: { device: op.device }, args: { device: op.device, on: op.on } },
      (w) => w.patch('pci', op.device, { decode: op.on }),
    );
    return ok;
  },
);

export const pciDriver = defineOp(
  'pciDriver',
  'A driver is bound to a function, or unbound from it.',
  { device: node, driver: arg.name.nullable() },
  (tx, op) => {
    const device = tx.get('pci', op.device);
    if (device === null) return tx.refuse('ENODEV', 'pci.none', { why: `there is no PCI function ${op.device}` });
    if (op.driver !== null && device.driver !== null)
      return tx.refuse('EBUSY', 'pci.driver.bound', {
        at: { device: op.device },
        why: `${device.driver} is bound to ${op.device}`,
        fn: 'device_driver_attach',
      });
    tx.emit(
      {
        kind: 'pciDriverChanged',
        rule: op.driver === null ? 'pci.driver.unbind' : 'pci.driver.bind',
        at: { device: op.device },
        args: { device: op.device, before: device.driver, after: op.driver },
      },
      (w) => w.patch('pci', op.device, { driver: op.driver }),
    );
    return ok;
  },
);

export const barAccess = defineOp(
  'barAccess',
  'A CPU loads from, stores to, or does an atomic on a byte of a BAR.',
  {
    device: node,
    bar,
    offset: bytes.default(0),
    access: z.enum(['load', 'store', 'atomic']).default('load'),
    value: arg.value.default(0),
  },
  (tx, { device, bar: index, offset, access, value }) => accessBar(tx, { device, bar: index, offset, access, value }),
);

export const enableAtomicsOp = defineOp(
  'enableAtomics',
  "A driver has its device's AtomicOps let through to main memory.",
  {
    device: node,
    widths: z
      .array(z.union([z.literal(32), z.literal(64), z.literal(128)]))
      .min(1)
      .max(3)
      .default([32, 64]),
  },
  (tx, op) => enableAtomics(tx, op.device, op.widths),
);
