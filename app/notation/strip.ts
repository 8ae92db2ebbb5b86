/**
 * Page tables as one line of letters, one a page: the letters of the legend, upper case where the entry is writable.
 * "SSd." is two writable pages of system memory, a read-only device-private one, and nothing.
 */
import { deviceTarget, devicePermits } from '../model/device-pte.ts';
import { frameFlag, readFrame } from '../model/frame-state.ts';
import { legend, type LegendId } from '../model/legend.ts';
import { hasFlag, isMigration, pteFlag, pteKind, type PteKind } from '../model/pte.ts';
import type { World } from '../model/world.ts';
import { pageMap } from '../engine/apply.ts';
import { poolOf } from '../engine/mm/frames.ts';
import { resolvePlace } from '../engine/place.ts';

const byKind: { readonly [K in PteKind]: LegendId } = {
  NONE: 'none',
  PRESENT: 'system',
  PRESENT_ZERO: 'zero',
  PROTNONE: 'protnone',
  SWAP: 'swap',
  MIGRATION_READ: 'migrating',
  MIGRATION_READ_EXCL: 'migrating',
  MIGRATION_WRITE: 'migrating',
  DEVPRIV_READ: 'private',
  DEVPRIV_WRITE: 'private',
  DEVEXCL: 'exclusive',
  HWPOISON: 'poison',
  MARKER_UFFD_WP: 'none',
  MARKER_POISONED: 'poison',
  MARKER_GUARD: 'protnone',
  PFNMAP: 'bar',
};

const letters = new Map<LegendId, string>(legend.map((row) => [row.id, row.letter]));

/** The legend state of a CPU entry. */
export function cpuState(world: World, entry: readonly number[] | null): LegendId {
  if (entry === null) return 'none';
  const word = entry[0] ?? 0;
  const kind = pteKind(word);
  if (kind !== 'PRESENT') return byKind[kind];
  const frame = pageMap(world, 'frame', 'all').get(entry[1] ?? 0);
  const state = frame === null ? null : readFrame(frame);
  if (state !== null && state.pins > 0) return 'pinned';
  if (poolOf(world, entry[1] ?? 0)?.registration === 'coherent') return 'coherent';
  return state !== null && (state.flags & frameFlag.pageCache) !== 0 ? 'file' : 'system';
}

export function isWritable(entry: readonly number[]): boolean {
  const word = entry[0] ?? 0;
  return (
    hasFlag(word, pteFlag.write) ||
    pteKind(word) === 'DEVPRIV_WRITE' ||
    (isMigration(word) && pteKind(word) === 'MIGRATION_WRITE')
  );
}

const letterOf = (state: LegendId, write: boolean): string => {
  const letter = letters.get(state) ?? '?';
  return write ? letter.toUpperCase() : letter;
};

/** A buffer's CPU entries. */
export function printStrip(world: World, place: string): string {
  const span = resolvePlace(world, place);
  if (span === null) return '';
  let text = '';
  for (let page = span.start; page < span.end; page++) {
    const entry = pageMap(world, 'pte', span.space).get(page);
    text += letterOf(cpuState(world, entry), entry !== null && isWritable(entry));
  }
  return text;
}

/** A device's entries for a buffer: what each names, by its own table alone. */
export function printDeviceStrip(world: World, context: string, place: string): string {
  const span = resolvePlace(world, place);
  if (span === null) return '';
  let text = '';
  for (let page = span.start; page < span.end; page++) {
    const entry = pageMap(world, 'devicePte', context).get(page);
    const word = entry?.[0] ?? 0;
    const registration = entry === null ? null : (poolOf(world, entry[1] ?? 0)?.registration ?? 'system');
    const state: LegendId =
      entry === null
        ? 'none'
        : deviceTarget(word) === 'ERROR'
          ? 'poison'
          : registration === null
            ? 'none'
            : (registration as LegendId);
    text += letterOf(state, entry !== null && devicePermits(word, 'write'));
  }
  return text;
}
