/** I12: no BAR lies over another, and each lies in the windows of all bridges above it, as far as they are told. */
import type { World } from '../../model/world.ts';
import type { Violation } from '../invariants.ts';

const checked = new WeakMap<
  World['records']['bar'],
  { readonly pci: World['records']['pci']; readonly found: readonly Violation[] }
>();

function check(world: World): readonly Violation[] {
  const { bar, pci } = world.records;
  const found: Violation[] = [];
  const say = (device: string, text: string): void => void found.push({ invariant: 'I12', text, at: { device } });
  const placed = Object.entries(bar)
    .flatMap(([key, each]) =>
      each.start === null || each.bytes === 0
        ? []
        : [{ ...each, key, start: each.start, end: each.start + each.bytes }],
    )
    .sort((a, b) => a.start - b.start);
  for (const io of [true, false]) {
    let last: (typeof placed)[number] | null = null;
    for (const each of placed) {
      if ((each.type === 'io') !== io) continue;
      if (last !== null && each.start < last.end) say(each.device, `${each.key} lies over ${last.key}`);
      if (last === null || each.end > last.end) last = each;
    }
  }
  for (const each of placed) {
    for (let above = pci[each.device]?.above ?? null; above !== null; above = pci[above]?.above ?? null) {
      const windows = (pci[above]?.windows ?? []).filter(({ type }) => (type === 'io') === (each.type === 'io'));
      if (windows.length === 0 || windows.some(({ start, end }) => start <= each.start && each.end <= end)) continue;
      say(each.device, `${each.key} lies outside the windows of ${above}`);
    }
  }
  return found;
}

/** What is wrong with the BARs of a world; a machine that does not change is looked at once. */
export function misplacedBars(world: World): readonly Violation[] {
  const { bar, pci } = world.records;
  const known = checked.get(bar);
  if (known !== undefined && known.pci === pci) return known.found;
  const found = check(world);
  checked.set(bar, { pci, found });
  return found;
}
