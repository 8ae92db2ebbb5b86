/**
 * The states a page can be in, as everything that shows pages names them: strips, tables, legend, timeline,
 * notation, exports. A state is a colour (theme, by id) + a glyph + a word; the letter is its text notation and
 * the code its byte in a strip. Order is notability: a strip cell that stands for several pages shows the last
 * of these that occurs in it.
 */
export interface LegendRow {
  readonly id: string;
  readonly code: number;
  readonly letter: string;
  readonly glyph:
    | 'dotted'
    | 'plain'
    | 'zero'
    | 'square'
    | 'circle'
    | 'diamond'
    | 'pentagon'
    | 'hatched'
    | 'pin'
    | 'swap'
    | 'file'
    | 'bar'
    | 'guard'
    | 'cross'
    | 'alert';
  readonly word: string;
  /** One sentence for the legend's card. */
  readonly meaning: string;
}

export const legend = [
  {
    id: 'none',
    code: 0,
    letter: '.',
    glyph: 'dotted',
    word: 'not mapped',
    meaning: 'No page-table entry: the next access faults.',
  },
  { id: 'free', code: 1, letter: '_', glyph: 'plain', word: 'free', meaning: 'A frame that nobody uses.' },
  {
    id: 'zero',
    code: 2,
    letter: '0',
    glyph: 'zero',
    word: 'zero page',
    meaning: 'The shared zero page, read only; the first write gives the page a frame of its own.',
  },
  {
    id: 'file',
    code: 3,
    letter: 'f',
    glyph: 'file',
    word: 'page cache',
    meaning: 'A frame of the page cache: file or shared memory.',
  },
  { id: 'system', code: 4, letter: 's', glyph: 'square', word: 'system RAM', meaning: 'Present in ordinary memory.' },
  {
    id: 'coherent',
    code: 5,
    letter: 'c',
    glyph: 'circle',
    word: 'device-coherent',
    meaning: 'Present in device memory that the CPU can load and store.',
  },
  {
    id: 'swap',
    code: 6,
    letter: 'w',
    glyph: 'swap',
    word: 'swapped out',
    meaning: 'Written to swap; the next access reads it back.',
  },
  {
    id: 'protnone',
    code: 7,
    letter: 'n',
    glyph: 'guard',
    word: 'no access',
    meaning: 'Present in memory, but no access is permitted.',
  },
  {
    id: 'private',
    code: 8,
    letter: 'd',
    glyph: 'diamond',
    word: 'device-private',
    meaning: 'In device memory that the CPU cannot reach: a CPU access migrates it back.',
  },
  {
    id: 'exclusive',
    code: 9,
    letter: 'x',
    glyph: 'pentagon',
    word: 'device-exclusive',
    meaning: 'In system RAM, lent to one device for atomics; any CPU access ends the lease.',
  },
  {
    id: 'bar',
    code: 10,
    letter: 'b',
    glyph: 'bar',
    word: 'BAR mapping',
    meaning: 'A window onto device memory or registers, through a PCI BAR.',
  },
  {
    id: 'pinned',
    code: 11,
    letter: 'p',
    glyph: 'pin',
    word: 'pinned',
    meaning: 'A device or the kernel holds the frame in place; it cannot migrate.',
  },
  {
    id: 'migrating',
    code: 12,
    letter: 'm',
    glyph: 'hatched',
    word: 'migrating',
    meaning: 'A migration entry stands in its place: accesses wait.',
  },
  {
    id: 'poison',
    code: 13,
    letter: '!',
    glyph: 'cross',
    word: 'poisoned',
    meaning: 'The hardware reported the memory as bad; an access is a SIGBUS.',
  },
  {
    id: 'stale',
    code: 14,
    letter: '?',
    glyph: 'alert',
    word: 'stale',
    meaning: 'A device entry that no longer says what the CPU page table says: invariant I3 is broken.',
  },
] as const satisfies readonly LegendRow[];

export type LegendId = (typeof legend)[number]['id'];
