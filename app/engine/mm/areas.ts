/**
 * Finding and cutting the areas (VMAs) of an address space.
 *
 *      A SSSS  --munmap [1..3)-->  A S..S   vms_gather_munmap_vmas: one area becomes two
 *
 * Models find_vma and split_vma of mm/vma.c.
 */
import type { Vma, World } from '../../model/world.ts';
import { frameColumn } from '../../model/frame-state.ts';
import type { Tx, Writer } from '../tx.ts';
import { allFrames, changeFrames } from './frames.ts';
import { goesOn } from './area-alike.ts';
import { dropSlots } from './swap-slots.ts';

export interface Area extends Vma {
  readonly id: string;
}

/** Areas of a space that intersect [start, end), lowest first. */
export function areasIn(world: World, space: string, start: number, end: number): readonly Area[] {
  return Object.entries(world.records.vma)
    .filter(([, v]) => v.space === space && v.start < end && start < v.end)
    .map(([id, v]) => ({ id, ...v }))
    .sort((a, b) => a.start - b.start);
}

export const areaAt = (world: World, space: string, page: number): Area | null =>
  areasIn(world, space, page, page + 1)[0] ?? null;

/**
 * Where a mapping of `pages` goes that asks for no address: the highest start below `base` that is a multiple of `unit`
 * and leaves a page free above (vm_unmapped_area, top down). Below 16: there is no room.
 */
export function unmappedBelow(world: World, space: string, base: number, pages: number, unit = 1): number {
  for (let top = base; ;) {
    const below = top - pages - 1;
    const start = below - (((below % unit) + unit) % unit);
    const [lowest] = start < 16 ? [] : areasIn(world, space, start, start + pages + 1);
    if (lowest === undefined) return start;
    top = lowest.start;
  }
}

/** Private and may become writable: such areas are write-protected at fork. */
export const isCow = (vma: Vma): boolean => !vma.shared && vma.backing !== 'pfnmap';

/** VM_SPECIAL: never eligible for device migration. */
export const isSpecial = (vma: Vma): boolean =>
  vma.flags.some((flag) => ['IO', 'DONTEXPAND', 'PFNMAP', 'MIXEDMAP'].includes(flag));

const stored = ({ id: _id, ...vma }: Area): Vma => vma;

export const newVmaId = (w: Writer, space: string): string => `${space}:v${w.count('nextVma', 1)}`;

/** Cuts areas at `at`, so that it is a border (split_vma). Both halves stay linked to the same anon_vmas. */
export function splitAt(w: Writer, space: string, at: number): void {
  const area = areaAt(w.world, space, at);
  if (area === null || area.start === at) return;
  const upper = newVmaId(w, space);
  w.put('vma', area.id, { ...stored(area), end: at });
  w.put('vma', upper, { ...stored(area), start: at, pgoff: area.pgoff + (at - area.start) });
  for (const number of area.anonVmas) linkAnonVma(w, number, upper);
}

/** anon_vma_chain_link: the reverse map will look for frames of `number` in this area too. */
export function linkAnonVma(w: Writer, number: number, vma: string): void {
  const linked = w.get('anonVma', String(number));
  w.put('anonVma', String(number), { vmas: [...(linked?.vmas ?? []), vma] });
}

/** unlink_anon_vmas: the reverse map no longer looks into the area. */
export function unlinkAnonVmas(w: Writer, area: Area): void {
  for (const number of area.anonVmas) {
    const linked = w.get('anonVma', String(number));
    const vmas = (linked?.vmas ?? []).filter((id) => id !== area.id);
    w.put('anonVma', String(number), vmas.length === 0 ? null : { vmas });
  }
}

/** The area is gone. */
export function removeArea(w: Writer, area: Area): void {
  unlinkAnonVmas(w, area);
  w.put('vma', area.id, null);
}

/** An object of shared memory goes with its last mapping, and its pages with it, but for those that somebody holds. */
export function dropUnmapped(tx: Tx, cause: number | null): void {
  for (const [name, file] of Object.entries(tx.world.records.file)) {
    if (!file.shmem || Object.values(tx.world.records.vma).some((vma) => vma.file === name)) continue;
    const pages = tx.pages('pageCache', name).occupied();
    const spans = pages.map((run) => [run.values[0] ?? 0, (run.values[0] ?? 0) + (run.end - run.start)] as const);
    // A munmap that is under way has taken the area out, and not yet the entries.
    const mapped = spans.some(([first, last]) =>
      tx
        .pages('frame', allFrames)
        .occupied(first, last)
        .some((run) => (run.values[frameColumn.maps] ?? 0) > 0),
    );
    if (mapped) continue;
    tx.emit({ kind: 'shmemFreed', cause, rule: 'shmem.free', args: { name } }, (w) => {
      for (const [first, last] of spans) changeFrames(w, first, last, (f) => ({ ...f, refs: f.refs - 1, anonVma: 0 }));
      w.fill('pageCache', name, 0, file.pages, null);
      for (const run of w.world.pages.shmemSlot[name]?.occupied() ?? [])
        dropSlots(w, run.values[0] ?? 0, run.end - run.start);
      w.fill('shmemSlot', name, 0, file.pages, null);
      w.put('file', name, null);
    });
  }
}

/** anon_vma_prepare: the area's own anon_vma, made at the first anonymous fault; a neighbour that differs in rights only lends its. */
export function ownAnonVma(w: Writer, id: string): number {
  const vma = w.get('vma', id);
  if (vma === null) throw new Error(`no area ${id}`);
  const own = vma.anonVmas[0];
  if (own !== undefined) return own;
  const number = lentAnonVma(w, vma) ?? w.count('nextAnonVma', 1);
  w.put('vma', id, { ...vma, anonVmas: [number] });
  linkAnonVma(w, number, id);
  return number;
}

/** find_mergeable_anon_vma: that of the area above or below, unless it came from a parent in part. */
function lentAnonVma(w: Writer, vma: Vma): number | null {
  const around = areasIn(w.world, vma.space, vma.start - 1, vma.end + 1);
  const next = around.find((area) => goesOn(vma, area) && area.anonVmas.length === 1);
  const lender = next ?? around.find((area) => goesOn(area, vma) && area.anonVmas.length === 1);
  return lender?.anonVmas[0] ?? null;
}
