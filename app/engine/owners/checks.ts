/** What must hold of device nodes and their owners in every world. */
import type { World } from '../../model/world.ts';
import type { Violation } from '../invariants.ts';

/** N1: a number is one node's only, and it is taken as long as the node is there. */
function numbers(world: World): readonly Violation[] {
  const owners = new Map<string, string>();
  return Object.entries(world.records.deviceNode).flatMap(([name, node]): readonly Violation[] => {
    const number = `${node.table} ${node.minor}`;
    const other = owners.get(number);
    owners.set(number, name);
    const at = { device: node.device };
    if (other !== undefined)
      return [{ invariant: 'N1', text: `${name} and ${other} have the same number ${node.minor}`, at }];
    const slot = world.records.minorTable[node.table]?.slots[String(node.minor)];
    if (slot === undefined)
      return [{ invariant: 'N1', text: `the number of ${name} is free: it may be handed out again`, at }];
    return [];
  });
}

/** N2: the driver and each open file hold a reference to the device; one that is being dropped may be left over. */
function references(world: World): readonly Violation[] {
  const files = new Map<string, number>();
  for (const { device } of Object.values(world.records.nodeFile)) files.set(device, (files.get(device) ?? 0) + 1);
  const gone = [...files.keys()].filter((device) => world.records.drmDevice[device] === undefined);
  return [
    ...gone.map((device) => ({
      invariant: 'N2',
      text: `files of ${device} are open; the device is gone`,
      at: { device },
    })),
    ...Object.entries(world.records.drmDevice).flatMap(([device, drm]): readonly Violation[] => {
      const due = (drm.held ? 1 : 0) + (files.get(device) ?? 0);
      return due <= drm.refs
        ? []
        : [{ invariant: 'N2', text: `${device} has ${drm.refs} references; ${due} are accounted for`, at: { device } }];
    }),
  ];
}

export const ownerChecks: readonly ((world: World) => readonly Violation[])[] = [numbers, references];
