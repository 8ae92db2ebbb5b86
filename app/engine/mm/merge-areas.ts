/**
 * Neighbouring areas that are alike in all respects become one: same rights, flags and backing, pages that go on where the
 * others end, and one anon_vma, or none yet in one of them.
 *
 *      given: write; mprotect [1..3) r--
 *      A SssS  --mprotect [1..3) rw- -->   A SSSS   commit_merge: three areas are one again
 *
 * Models vma_merge_existing_range and vma_merge_new_range of mm/vma.c.
 */
import type { Vma } from '../../model/world.ts';
import type { Tx, Writer } from '../tx.ts';
import { goesOn } from './area-alike.ts';
import { areasIn, type Area } from './areas.ts';

/** is_mergeable_anon_vma: the same, or one of them has none and the other inherited none from a parent. */
const sharesAnonVma = (a: Vma, b: Vma): boolean =>
  a.anonVmas[0] === b.anonVmas[0] ||
  (a.anonVmas.length === 0 && b.anonVmas.length === 1) ||
  (b.anonVmas.length === 0 && a.anonVmas.length === 1);

const isAlike = (lower: Vma, upper: Vma): boolean =>
  goesOn(lower, upper) &&
  lower.read === upper.read &&
  lower.write === upper.write &&
  lower.exec === upper.exec &&
  sharesAnonVma(lower, upper);

/** Areas in and around [start, end), which has changed, become one where they are alike now. */
export function mergeAreas(tx: Tx, space: string, start: number, end: number, cause: number | null): void {
  const pairs = (areas: readonly Area[]): readonly Area[] | null => {
    const at = areas.findIndex((area, i) => i > 0 && isAlike(areas[i - 1] ?? area, area));
    return at < 0 ? null : areas.slice(at - 1, at + 1);
  };
  const around = (tx: Pick<Tx, 'world'>): readonly Area[] | null => pairs(areasIn(tx.world, space, start - 1, end + 1));
  if (around(tx) === null) return;
  tx.emit({ kind: 'vmaMerged', cause, rule: 'area.merge', at: { space, start, pages: end - start } }, (w) => {
    for (let pair = around(w); pair !== null; pair = around(w)) {
      const [lower, upper] = pair;
      if (lower === undefined || upper === undefined) return;
      // What was there before takes in what has changed; the one before it first.
      if (lower.start >= start && upper.start >= end) join(w, lower, upper, upper, lower);
      else join(w, lower, upper, lower, upper);
    }
  });
}

/** `kept` becomes all of both, `dropped` goes; the reverse map finds the pages of both through `kept`. */
function join(w: Writer, lower: Area, upper: Area, kept: Area, dropped: Area): void {
  const anonVmas = kept.anonVmas.length > 0 ? kept.anonVmas : dropped.anonVmas;
  for (const number of dropped.anonVmas) {
    const vmas = w.get('anonVma', String(number))?.vmas ?? [];
    w.put('anonVma', String(number), {
      vmas: vmas.includes(kept.id)
        ? vmas.filter((id) => id !== dropped.id)
        : vmas.map((id) => (id === dropped.id ? kept.id : id)),
    });
  }
  w.put('vma', dropped.id, null);
  w.patch('vma', kept.id, { start: lower.start, end: upper.end, pgoff: lower.pgoff, anonVmas });
}
