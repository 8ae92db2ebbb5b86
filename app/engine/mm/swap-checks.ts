/**
 * What must hold of swap space.
 *
 *      A SS.. swapArea.swap0.free 4096  --madvise PAGEOUT; fork B-->  A ww.. B ww.. swapArea.swap0.free 4094
 *
 * A slot is named by exactly as many entries as it counts; a slot in use is named or cached; a cached frame knows that it
 * is; free and used slots make up the area. Models what swap_map and the swap cache of mm/swapfile.c promise.
 */
import { frameFlag } from '../../model/frame-state.ts';
import { pteKind } from '../../model/pte.ts';
import type { World } from '../../model/world.ts';
import type { PageMap } from '../../store/page-map.ts';
import type { FilledRun } from '../../store/run.ts';
import { pageMap } from '../apply.ts';
import type { Violation } from '../invariants.ts';
import { allFrames } from './frames.ts';
import { cachedFrames, slots, swapArea } from './swap-slots.ts';

type Walk = (map: PageMap) => readonly FilledRun[];

/** W1: entries and objects of shared memory that name a slot = its count. */
function names(world: World, walk: Walk): readonly Violation[] {
  const steps = new Map<number, number>();
  const add = (start: number, end: number, by: number): void => {
    steps.set(start, (steps.get(start) ?? 0) + by);
    steps.set(end, (steps.get(end) ?? 0) - by);
  };
  for (const table of Object.values(world.pages.pte))
    for (const { start, end, values } of walk(table))
      if (pteKind(values[0] ?? 0) === 'SWAP') add(values[1] ?? 0, (values[1] ?? 0) + (end - start), 1);
  for (const table of Object.values(world.pages.shmemSlot))
    for (const { start, end, values } of walk(table)) add(values[0] ?? 0, (values[0] ?? 0) + (end - start), 1);
  for (const { start, end, values } of walk(slots(world))) add(start, end, -(values[0] ?? 0));
  let sum = 0;
  for (const [slot, delta] of [...steps.entries()].sort(([a], [b]) => a - b)) {
    sum += delta;
    if (sum !== 0) return [{ invariant: 'W1', text: `swap slot ${slot}: entries and count differ by ${sum}`, at: {} }];
  }
  return [];
}

/** W2: the swap cache and its frames agree, and no slot is kept for nobody. */
function cache(world: World, walk: Walk): readonly Violation[] {
  const lost = walk(slots(world)).find(({ values }) => values[0] === 0 && values[1] === 0);
  if (lost !== undefined)
    return [{ invariant: 'W2', text: `swap slot ${lost.start} is in use, but nobody names or caches it`, at: {} }];
  const marked = walk(pageMap(world, 'frame', allFrames)).filter(
    ({ values }) => ((values[0] ?? 0) & frameFlag.swapCache) !== 0,
  );
  return marked.flatMap(({ start, end }): readonly Violation[] => {
    const cached = cachedFrames(world, start, end).reduce((sum, { pages }) => sum + pages, 0);
    return cached === end - start
      ? []
      : [
          {
            invariant: 'W2',
            text: 'a frame is marked as in the swap cache, but no slot has it',
            at: { start, pages: 1 },
          },
        ];
  });
}

/** I14 for swap: free and used slots make up the area. */
function capacity(world: World, walk: Walk): readonly Violation[] {
  const area = world.records.swapArea[swapArea];
  const used = walk(slots(world)).reduce((sum, { start, end }) => sum + (end - start), 0);
  return area === undefined || used + area.free === area.slots
    ? []
    : [{ invariant: 'I14', text: `${used} slots used and ${area.free} free do not make ${area.slots}`, at: {} }];
}

export const swapChecks = [names, cache, capacity];
