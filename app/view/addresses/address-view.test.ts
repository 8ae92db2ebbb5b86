import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AddressRequest, AddressView } from '../../contract/machine-views.ts';
import { openedMachine, openedText } from '../testing/opened.ts';
import { addressView, indexAddresses } from './address-view.ts';
import { placeRanges } from './layout.ts';
import { rangeTree } from './ranges.ts';

const map = `00000000-00000fff : Reserved
00001000-0009ffff : System RAM
00100000-7fffffff : System RAM
  01000000-01ffffff : Kernel code
80000000-8fffffff : PCI Bus 0000:00
  80000000-80003fff : 0000:00:02.0
    80000000-80003fff : e1000e
100000000-4ffffffff : System RAM
`;
const opened = openedText('iomem', map);
const index = indexAddresses(opened.machine);
const all: AddressRequest = { scale: 'even', from: 0, to: 1, pixels: 1200, reveal: null };
const ask = (request: Partial<AddressRequest>): AddressView =>
  addressView(opened.machine, opened.index, index, { ...all, ...request });

describe('the physical address map', () => {
  it('nests what is inside, and shows what no row tells as a stretch of its own', () => {
    expect(ask({}).segments.map(({ depth, label, kind }) => `${'  '.repeat(depth)}${label} (${kind})`)).toEqual([
      'Reserved (reserved)',
      'System RAM (ram)',
      'not in the map (unknown)',
      'System RAM (ram)',
      '  Kernel code (kernel)',
      'PCI Bus 0000:00 (window)',
      '  0000:00:02.0 (device)',
      '    e1000e (device)',
      'not in the map (unknown)',
      'System RAM (ram)',
    ]);
  });

  it('is to scale where it says so', () => {
    const { segments, end } = ask({ scale: 'true' });
    const largest = segments.find(({ start }) => start === 0x1_0000_0000)!;
    expect(largest.x1 - largest.x0).toBeCloseTo((largest.end - largest.start) / end, 9);
  });

  it('joins what is too narrow, and tells it apart when one comes near', () => {
    const far = ask({ scale: 'true', pixels: 300 }).segments;
    expect(far.some(({ label }) => label === 'e1000e')).toBe(false);
    expect(far.find(({ count }) => count > 1)).toMatchObject({ kind: 'other', label: '2 narrow ranges' });
    const near = ask({
      scale: 'true',
      from: 0x7fff_0000 / 0x5_0000_0000,
      to: 0x8001_0000 / 0x5_0000_0000,
      pixels: 300,
    });
    expect(near.segments.some(({ label }) => label === 'e1000e')).toBe(true);
  });

  it('shows windows and BARs where there is no map, and says so', () => {
    const machine = openedMachine('dual-socket');
    const view = addressView(machine.machine, machine.index, indexAddresses(machine.machine), {
      ...all,
      reveal: machine.index.parts.find(({ row }) => row.kind === 'GPU')!.row.id,
    });
    expect(view.basis).toBe('windows');
    expect(view.segments.find(({ label }) => /^gpu0 BAR 1/.test(label))?.depth).toBeGreaterThan(0);
    expect(view.revealed?.id).toMatch(/^range:/);
    const none = openedText('t', '-+-[0000:00]-+-00.0  GPU\n');
    expect(addressView(none.machine, none.index, indexAddresses(none.machine), all)).toMatchObject({ basis: 'none' });
  });

  it('places every range within what holds it, neighbours side by side (seed 9)', () => {
    const range = fc.tuple(fc.nat(1_000_000), fc.integer({ min: 1, max: 100_000 }));
    fc.assert(
      fc.property(
        fc.array(range, { minLength: 1, maxLength: 40 }),
        fc.constantFrom('even' as const, 'true' as const),
        (found, scale) => {
          const rows = found.map(([start, size]) => `${hex(start)}-${hex(start + size - 1)} : x`).join('\n');
          const { machine } = openedText('iomem', `00000000-00000fff : System RAM\n${rows}\n`);
          const check = (places: ReturnType<typeof placeRanges>, x0: number, x1: number): void => {
            let at = x0;
            for (const place of places) {
              expect(place.x0).toBeCloseTo(at, 9);
              expect(place.x1).toBeGreaterThanOrEqual(place.x0);
              expect(place.x1).toBeLessThanOrEqual(x1 + 1e-9);
              at = place.x1;
              if (place.children.length > 0) check(place.children, place.x0, place.x1);
            }
            if (places.length > 0) expect(at).toBeCloseTo(x1, 9);
          };
          check(placeRanges(rangeTree(machine).ranges, scale), 0, 1);
        },
      ),
      { seed: 9, numRuns: 60 },
    );
  });

  it('answers no more than the pixels can show, however many ranges there are', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${hex(i * 8192)}-${hex(i * 8192 + 4095)} : x${i}`).join(
      '\n',
    );
    const { machine, index: parts } = openedText('iomem', rows);
    const view = addressView(machine, parts, indexAddresses(machine), { ...all, pixels: 1000 });
    expect(view.ranges).toBe(20_000);
    expect(view.segments.length).toBeLessThan(450);
    expect(view.segments.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
  });

  it('holds deep nesting without an end', () => {
    const rows = Array.from({ length: 3000 }, (_, i) => `${'  '.repeat(i)}${hex(i)}-${hex(100_000 - i)} : x`).join(
      '\n',
    );
    const { machine } = openedText('iomem', rows);
    expect(indexAddresses(machine).levels).toBeLessThanOrEqual(24);
  });
});

const hex = (n: number): string => n.toString(16).padStart(8, '0');
