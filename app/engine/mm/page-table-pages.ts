/**
 * Page-table pages: they come with the first entry and outlive the last one.
 *
 *      A [S*512]  --madvise [0..9) DONTNEED; madvise [9..512) DONTNEED; write [0]-->  A S.*511   the table stayed
 *      A [S*512]  --madvise [0..9) DONTNEED; madvise DONTNEED; write [0]-->           A [S*512]  the table went
 *
 * Whether a block has a table decides what the next fault does: with one, a huge page no longer fits. Models
 * free_pgtables and free_pte_range of mm/memory.c, and try_to_free_pte of mm/pt_reclaim.c. They are made in Writer, with
 * the entry that needs them.
 */
import { pmdPages, pudPages } from '../../model/ids.ts';
import type { Writer } from '../tx.ts';
import { areasIn } from './areas.ts';

const levels = [
  ['pteTable', pmdPages],
  ['pmdTable', pudPages],
] as const;

/** free_pgtables: a table goes when no area is left over what it covers. */
export function freeTables(w: Writer, space: string, start: number, end: number): void {
  for (const [pages, size] of levels) {
    const tables = w.world.pages[pages][space]?.occupied(Math.floor(start / size), Math.ceil(end / size)) ?? [];
    for (const run of tables)
      for (let table = run.start; table < run.end; table++)
        if (areasIn(w.world, space, table * size, (table + 1) * size).length === 0)
          w.fill(pages, space, table, table + 1, null);
  }
}

/** try_to_free_pte: MADV_DONTNEED of a whole block gives the emptied table back. */
export function reclaimTables(w: Writer, space: string, start: number, end: number): void {
  const first = Math.ceil(start / pmdPages);
  const last = Math.floor(end / pmdPages);
  if (first >= last) return;
  for (const run of w.world.pages.pteTable[space]?.occupied(first, last) ?? [])
    for (let block = run.start; block < run.end; block++)
      if ((w.world.pages.pte[space]?.occupied(block * pmdPages, (block + 1) * pmdPages) ?? []).length === 0)
        w.fill('pteTable', space, block, block + 1, null);
}

/** copy_pte_range: a child gets a table wherever its parent has one, with entries or without. */
export function copyTables(w: Writer, parent: string, child: string, start: number, end: number): void {
  const tables =
    w.world.pages.pteTable[parent]?.occupied(Math.floor(start / pmdPages), Math.ceil(end / pmdPages)) ?? [];
  for (const { start: from, end: to } of tables) w.fill('pteTable', child, from, to, [1]);
}
