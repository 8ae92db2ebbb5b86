/**
 * A device that went away while somebody had a file of it: its name stays taken until the last one is closed, as the
 * structures of a driver do (put_device).
 */
import type { World } from '../../model/world.ts';
import type { Tx, Writer } from '../tx.ts';

/** Somebody has a file of the device open. */
export function isDeviceUsed(world: World, name: string): boolean {
  const { context, nodeFile, queue } = world.records;
  return (
    Object.values(context).some((each) => each.device === name && each.open) ||
    Object.values(nodeFile).some((each) => each.device === name) ||
    Object.values(queue).some((each) => each.device === name)
  );
}

/** Lets go of a device that is gone, where that was its last file. */
export function forgetGone(tx: Tx, device: string, cause: number | null): void {
  if (tx.get('hotFunction', device)?.gone !== true || isDeviceUsed(tx.world, device)) return;
  tx.emit({ kind: 'deviceForgotten', cause, rule: 'hotplug.forget', at: { device } }, (w) => forget(w, device));
}

/** Nothing is left of a device, whose owner it was neither. */
export const forget = (w: Writer, device: string): void => {
  for (const table of ['hotFunction', 'device', 'ownership'] as const) w.put(table, device, null);
};
