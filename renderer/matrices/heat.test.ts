import { readFileSync } from 'node:fs';
import { interpolate, wcagContrast } from 'culori';
import { describe, expect, it } from 'vitest';
import type { MatrixHead } from '../../app/contract/machine-views.ts';
import { heatLevels, heatOf, printValue } from './heat.ts';

const head = (rest: Partial<MatrixHead>): MatrixHead => ({
  id: 'm',
  name: 'm',
  unit: null,
  means: 'latency',
  rows: 2,
  columns: 2,
  axes: ['from', 'to'],
  least: 10,
  most: 40,
  words: [],
  unknown: 0,
  note: null,
  source: null,
  longest: [1, 1],
  ...rest,
});
const level = (matrix: MatrixHead, value: number | string | null, self = false) => {
  const heat = heatOf(matrix, value, self);
  return heat.kind === 'level' ? heat.level : heat.kind;
};

describe('the strength of a cell', () => {
  it('grows the nearer or the faster', () => {
    expect([10, 25, 40].map((value) => level(head({}), value))).toEqual([6, 3, 0]);
    expect([10, 25, 40].map((value) => level(head({ means: 'bandwidth' }), value))).toEqual([0, 3, 6]);
    expect(
      ['NV4', 'PIX', 'SYS'].map((word) => level(head({ means: 'path', words: ['NV4', 'PIX', 'SYS'] }), word)),
    ).toEqual([6, 3, 0]);
  });

  it('never takes unknown for a number', () => {
    expect(level(head({}), null)).toBe('unknown');
    expect(level(head({}), null, true)).toBe('self');
    expect(level(head({ means: 'bandwidth' }), 0)).toBe('none');
    expect(level(head({ means: 'bandwidth' }), 1_000_000, true)).toBe('self');
    expect(printValue(null)).toBe('?');
  });

  it('is one and the same where all values are', () => {
    expect(level(head({ least: 21, most: 21 }), 21)).toBe(3);
    expect(level(head({ least: 21, most: 21 }), 10, true)).toBe(6);
    expect(level(head({ means: 'path', words: ['SYS'] }), 'SYS')).toBe(3);
  });

  it('prints thousands short', () => {
    expect([printValue(25_000), printValue(1234), printValue(0.5)]).toEqual(['25k', '1234', '0.5']);
  });
});

describe('the colours of a heat map', () => {
  const css = readFileSync(new URL('matrices.css', import.meta.url), 'utf8');
  const tokens = readFileSync(new URL('../theme/tokens.css', import.meta.url), 'utf8');
  const [light = '', dark = ''] = tokens.split(":root[data-theme='dark']");
  const token = (theme: string, name: string): string =>
    new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(theme)?.[1] ?? '#000000';
  const strengths = [
    ...css.matchAll(/\[data-level='(\d)'\] \{\s*--strength: (\d+)%;\s*(color: var\(--accent-ink\))?/g),
  ];

  it('are as many as there are levels, each stronger than the one before', () => {
    const values = strengths.map((found) => Number(found[2]));
    expect(strengths.map((found) => Number(found[1]))).toEqual(Array.from({ length: heatLevels }, (_, i) => i));
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  it.each([
    ['light', light],
    ['dark', dark],
  ])('carry their values readably in the %s theme', (_, theme) => {
    const mix = interpolate([token(theme, 'panel'), token(theme, 'accent')], 'oklab');
    for (const [, name, strength, inked] of strengths) {
      const ink = token(theme, inked === undefined ? 'text' : 'accent-ink');
      expect(wcagContrast(mix(Number(strength) / 100), ink), `level ${name}`).toBeGreaterThanOrEqual(4.5);
    }
  });
});
