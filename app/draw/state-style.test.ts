import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import {
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
  type Color,
} from 'culori';
import { legend, type LegendId } from '../model/legend.ts';
import { glyphShape, stateStyle, type ThemeName } from './state-style.ts';

const themes: readonly ThemeName[] = ['light', 'dark'];
const eyes: Readonly<Record<string, (c: Color) => Color>> = {
  normal: (c) => c,
  deutan: filterDeficiencyDeuter(1),
  protan: filterDeficiencyProt(1),
  tritan: filterDeficiencyTrit(1),
};
const color = (hex: string): Color => parse(hex)!;
const distance = differenceCiede2000();
const ids: readonly LegendId[] = legend.map(({ id }) => id);

/** "Nothing here" in an address space and "nobody's" in a pool: both are emptiness, and never in the same strip. */
const neverTogether = new Set(['none free']);
const pairs = ids
  .flatMap((a, i) => ids.slice(i + 1).map((b) => [a, b] as const))
  .filter(([a, b]) => !neverTogether.has(`${a} ${b}`));

/** Custom properties of a theme as tokens.css declares them. */
function tokens(theme: ThemeName): ReadonlyMap<string, string> {
  const css = readFileSync(new URL('../../renderer/theme/tokens.css', import.meta.url), 'utf8');
  const block =
    theme === 'light'
      ? css.slice(0, css.indexOf(':root[data-theme'))
      : css.slice(css.indexOf(':root[data-theme'), css.indexOf(':root[data-present'));
  return new Map([...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]));
}

describe.each(themes)('page states in the %s theme', (theme) => {
  it.each(Object.keys(eyes))('are told apart by %s eyes: CIEDE2000 of 10 or more between any two', (eye) => {
    const see = eyes[eye]!;
    const close = pairs.flatMap(([a, b]) => {
      const d = distance(see(color(stateStyle[a][theme].fill)), see(color(stateStyle[b][theme].fill)));
      return d < 10 ? [`${a} and ${b}: ${d.toFixed(1)}`] : [];
    });
    expect(close).toEqual([]);
  });

  it('carry a glyph of 4.5:1 upon their fill', () => {
    const weak = ids.filter((id) => wcagContrast(stateStyle[id][theme].fill, stateStyle[id][theme].ink) < 4.5);
    expect(weak).toEqual([]);
  });

  it('have an outline of 3:1 on every surface', () => {
    const surfaces = ['panel', 'background', 'group'].map((name) => tokens(theme).get(name)!);
    const weak = ids.flatMap((id) =>
      surfaces.filter((s) => wcagContrast(stateStyle[id][theme].edge, s) < 3).map((s) => `${id} on ${s}`),
    );
    expect(weak).toEqual([]);
  });
});

describe.each(themes)('text in the %s theme', (theme) => {
  const surfaces = ['background', 'panel', 'group', 'accent-surface', 'changed-surface', 'refusal-surface', 'faint'];
  it('is 4.5:1 or more on every surface that it stands on', () => {
    const of = (name: string) => tokens(theme).get(name)!;
    const weak = ['text', 'muted', 'accent', 'refusal'].flatMap((ink) =>
      surfaces
        .filter((surface) => wcagContrast(of(ink), of(surface)) < 4.5)
        .map((surface) => `${ink} on ${surface}: ${wcagContrast(of(ink), of(surface)).toFixed(2)}`),
    );
    expect(weak).toEqual([]);
    expect(wcagContrast(of('accent'), of('accent-ink'))).toBeGreaterThanOrEqual(4.5);
  });

  it('has controls with edges of 3:1', () => {
    const of = (name: string) => tokens(theme).get(name)!;
    for (const surface of ['panel', 'background', 'group'])
      expect(wcagContrast(of('control-edge'), of(surface))).toBeGreaterThanOrEqual(3);
  });
});

describe('glyphs', () => {
  it('are a shape of their own for every state', () => {
    const shapes = legend.map(({ glyph }) => glyphShape[glyph].path + glyph);
    expect(new Set(shapes).size).toBe(legend.length);
  });
});
