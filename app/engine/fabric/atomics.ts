/**
 * PCIe AtomicOps: from an endpoint to memory behind the root port, never from a CPU instruction into a BAR.
 *
 *      gpu0 ─ port (routes) ─ port (routes, does not block) ─ root port (completes 32 and 64 bits)      ok
 *      CPU  ─ … ─ BAR                                                                                    undefined
 *
 * Models pci_enable_atomic_ops_to_root of drivers/pci/pci.c.
 */
import type { World } from '../../model/world.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';

const atomicWidths = [32, 64, 128] as const;
export type AtomicWidth = (typeof atomicWidths)[number];

/** Why AtomicOps of a device do not reach the root; null: they do. `at` is the function that stands in the way. */
export function atomicsRefusal(
  world: World,
  name: string,
  widths: readonly AtomicWidth[],
): { readonly rule: string; readonly at: string; readonly why: string } | null {
  const device = world.records.pci[name];
  const refuse = (rule: string, at: string, why: string) => ({ rule: `atomics.${rule}`, at, why });
  if (device === undefined) return refuse('notPci', name, `${name} is no PCI function`);
  if (device.role !== 'endpoint') return refuse('notEndpoint', name, `${name} is a bridge`);
  if (device.physicalFunction !== null) return refuse('virtual', name, `${name} is a virtual function`);
  if (device.above === null) return refuse('noRootPort', name, `${name} is not below a root port`);
  if (device.atomics.requester !== true)
    return refuse(
      'requester',
      name,
      `${name} ${device.atomics.requester === null ? 'is not known to send' : 'cannot send'} AtomicOps`,
    );
  for (let at: string | null = device.above; at !== null;) {
    const bridge: World['records']['pci'][string] | undefined = world.records.pci[at];
    if (bridge === undefined) return refuse('loose', at, `${at} is not described`);
    const { routes, blocks, completer } = bridge.atomics;
    if ((bridge.role === 'upstream' || bridge.role === 'downstream') && routes !== true)
      return refuse('notRouted', at, `${at} ${routes === null ? 'is not known to route' : 'does not route'} AtomicOps`);
    if (bridge.role === 'upstream' && blocks === true)
      return refuse('blocked', at, `${at} does not let AtomicOps out towards the root`);
    const missing = widths.find((width) => width > (completer ?? 0));
    if (bridge.role === 'rootPort' && missing !== undefined)
      return refuse(
        'completer',
        at,
        `${at} ${completer === null ? 'is not known to complete' : 'does not complete'} ${missing} bits`,
      );
    at = bridge.above;
  }
  return null;
}

/** Switches AtomicOps of a device on; -EINVAL where something on the way does not take part. */
export function enableAtomics(tx: Tx, name: string, widths: readonly AtomicWidth[]): OpResult {
  const refusal = atomicsRefusal(tx.world, name, widths);
  const fn = 'pci_enable_atomic_ops_to_root';
  if (refusal !== null) return tx.refuse('EINVAL', refusal.rule, { at: { device: refusal.at }, why: refusal.why, fn });
  const device = tx.get('pci', name);
  tx.emit(
    { kind: 'atomicsEnabled', rule: 'atomics.enable', at: { device: name }, args: { device: name, widths } },
    (w) => {
      if (device !== null) w.patch('pci', name, { atomics: { ...device.atomics, enabled: true } });
    },
  );
  return ok;
}
