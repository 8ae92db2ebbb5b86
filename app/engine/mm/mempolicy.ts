/**
 * Which memory a process wants for a part of its address space.
 *
 *      A ....  --mbind pool=dram0; write-->  A SSSS   do_mbind: the policy is of the area; frames come with the first touch
 *
 * Models do_mbind of mm/mempolicy.c with MPOL_BIND and one node, without MPOL_MF_MOVE: what is there stays. A fault that
 * finds no frame in the node fails, though other nodes have some.
 */
import type { World } from '../../model/world.ts';
import type { OpResult } from '../event.ts';
import type { SpaceSpan } from '../place.ts';
import { ok, type Tx } from '../tx.ts';
import { areaAt, areasIn, splitAt, type Area } from './areas.ts';
import { systemPool } from './frames.ts';
import { splitAtBorders } from './huge.ts';
import { mergeAreas } from './merge-areas.ts';

/** The pool that a fault in an area takes frames of: the one that it is bound to, or the first of system memory. */
export const poolFor = (world: World, area: Pick<Area, 'boundTo'>): string | null => area.boundTo ?? systemPool(world);

/**
 * EFAULT for a hole in the range, EINVAL for a memory that is no node of the kernel's. Null: no policy of its own, for
 * which a hole is no matter unless it is all there is (MPOL_MF_DISCONTIG_OK). What is bound so already is left alone.
 */
export function bindMemory(tx: Tx, { space, start, end }: SpaceSpan, pool: string | null): OpResult {
  const fn = 'do_mbind';
  const at = { space, start, pages: end - start };
  if (pool !== null && tx.get('pool', pool)?.registration !== 'system')
    return tx.refuse('EINVAL', 'mbind.node', { at, why: `${pool} is no memory that the kernel allocates from`, fn });
  const covered = areasIn(tx.world, space, start, end).reduce(
    (sum, area) => sum + Math.min(area.end, end) - Math.max(area.start, start),
    0,
  );
  if (covered === 0 || (pool !== null && covered < end - start))
    return tx.refuse('EFAULT', 'mbind.hole', { at, why: 'nothing is mapped in a part', fn });
  const changes = (area: Area): boolean => (area.boundTo ?? null) !== pool;
  for (const area of areasIn(tx.world, space, start, end))
    if (changes(area)) splitAtBorders(tx, space, Math.max(start, area.start), Math.min(end, area.end), null);
  const bound = tx.emit({ kind: 'memoryBound', rule: 'mbind', at, args: { pool } }, (w) => {
    for (const at of [start, end]) {
      const cut = areaAt(w.world, space, at);
      if (cut !== null && changes(cut)) splitAt(w, space, at);
    }
    for (const area of areasIn(w.world, space, start, end)) {
      const vma = w.get('vma', area.id);
      if (vma === null || !changes(area)) continue;
      const { boundTo: _, ...rest } = vma;
      w.put('vma', area.id, pool === null ? rest : { ...rest, boundTo: pool });
    }
  });
  mergeAreas(tx, space, start, end, bound);
  return ok;
}
