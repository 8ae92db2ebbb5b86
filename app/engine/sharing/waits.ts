/** What an operation on shared memory sleeps on: the reservation lock of a buffer object, or work under way in it. */
import type { World } from '../../model/world.ts';
import { areasIn } from '../mm/areas.ts';
import type { Op } from '../operations.ts';
import { resolvePlace } from '../place.ts';
import { objectBehind } from './object-mappings.ts';

const ofAttachment = (world: World, name: string): string | null =>
  world.records.dmaBuf[world.records.attachment[name]?.dmaBuf ?? '']?.object ?? null;

/** The buffer objects that an operation works on. */
function objectsOfOp(world: World, op: Op): readonly string[] {
  const names: (string | null)[] = [];
  if ('object' in op) names.push(op.object);
  if ('objects' in op) names.push(...op.objects);
  if ('dmaBuf' in op) names.push(world.records.dmaBuf[op.dmaBuf]?.object ?? null);
  if ('attachment' in op) names.push(ofAttachment(world, op.attachment));
  if ('region' in op && typeof op.region === 'string') names.push(ofAttachment(world, op.region));
  if ('through' in op) names.push(ofAttachment(world, op.through));
  if ('place' in op && typeof op.place === 'string') {
    const span = resolvePlace(world, op.place);
    if (span !== null)
      for (const area of areasIn(world, span.space, span.start, span.end)) names.push(objectBehind({ world }, area));
  }
  return names.filter((name) => name !== null);
}

/** Whether a lock that somebody else has, or a fence, is still in the way. */
export const stillBusy = (world: World, op: Op, on: string): boolean =>
  objectsOfOp(world, op).some((name) => {
    const reservation = world.records.reservation[name];
    if (reservation === undefined) return false;
    return on === 'fence'
      ? reservation.fences.length > 0
      : reservation.lockedBy !== null && reservation.lockedBy !== op.by;
  });
