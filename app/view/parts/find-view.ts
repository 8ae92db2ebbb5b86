/** Find as you type: by name, PCI address, device name and NUMA node. */
import { compareNatural } from '../../base/order.ts';
import type { FindView, FoundPart } from '../../contract/machine-views.ts';
import type { IndexedPart, PartIndex } from './part-index.ts';

const short = /^([0-9a-f]{2}:)?[0-9a-f]{2}:[0-9a-f]{2}(\.[0-7])?$/;

/** How well a text answers: 0 not at all; whole, at the beginning, at the beginning of a word, somewhere. */
function score(text: string, wanted: string): number {
  const at = text.indexOf(wanted);
  if (at < 0) return 0;
  if (text === wanted) return 8;
  if (at === 0) return 4;
  return /[^a-z0-9]/.test(text.charAt(at - 1)) ? 2 : 1;
}

const factsOf = ({ what }: IndexedPart): readonly string[] =>
  what.kind === 'object' ? Object.values(what.object.facts) : [];

interface Hit {
  readonly part: IndexedPart;
  readonly points: number;
  readonly matched: string | null;
}

/** Names of the operating system below a part belong to it too: who looks for eth0 may mean the NIC. */
function hitOf(part: IndexedPart, wanted: string): Hit | null {
  const { row } = part;
  const name = score(row.name.toLowerCase(), wanted);
  const kind = score(row.kind.toLowerCase(), wanted) / 4;
  const [own, ...rest] = row.name.toLowerCase().split(' · ');
  const exact = own === wanted || rest.includes(wanted) ? 8 : 0;
  let points = Math.max(name, exact);
  let matched: string | null = null;
  const offer = (value: number, text: string | null): void => {
    if (value > points) [points, matched] = [value, text];
  };
  if (row.pci != null) {
    // Without a domain an address means the one that begins with zeros.
    const address = score(row.pci, wanted) + (short.test(wanted) && row.pci.endsWith(`:${wanted}`) ? 3 : 0);
    // Of a function and its BARs the function is meant.
    offer(part.what.kind === 'bar' ? address / 2 : address, row.pci);
  }
  if (row.node != null && /^(numa ?)?node ?\d+$/.test(wanted))
    offer(wanted.replace(/\D+/g, '') === row.node ? (row.kind.startsWith('NUMA') ? 8 : 3) : 0, `node ${row.node}`);
  offer(kind, row.kind);
  if (points === 0 && part.text.includes(wanted)) {
    const said = [row.where, row.size, row.source, ...factsOf(part)];
    [points, matched] = [0.2, said.find((text) => text?.toLowerCase().includes(wanted)) ?? null];
  }
  return points === 0 ? null : { part, points, matched };
}

/** Every word must be found; of several words the worst counts. */
export function findView(index: PartIndex, text: string, count: number): FindView {
  const phrase = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (phrase === '') return { total: 0, found: [] };
  const isNode = /^(numa )?node ?\d+$/.test(phrase);
  const wanted = isNode ? [phrase] : phrase.split(' ');
  const hits: Hit[] = [];
  for (const part of index.parts) {
    const each = wanted.map((word) => hitOf(part, word));
    if (each.some((hit) => hit === null)) continue;
    const known = each.filter((hit) => hit !== null);
    hits.push({
      part,
      points: Math.min(...known.map((hit) => hit.points)),
      matched: known.find((hit) => hit.matched !== null)?.matched ?? null,
    });
  }
  hits.sort(
    (a, b) =>
      b.points - a.points ||
      Number(b.part.row.drawn === b.part.row.id) - Number(a.part.row.drawn === a.part.row.id) ||
      compareNatural(a.part.row.name, b.part.row.name),
  );
  return {
    total: hits.length,
    found: hits.slice(0, count).map(({ part: { row }, matched }): FoundPart => ({
      id: row.id,
      name: row.name,
      kind: row.kind,
      matched: matched?.slice(0, 120) ?? null,
      drawn: row.drawn,
    })),
  };
}
