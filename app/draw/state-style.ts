import type { LegendId, LegendRow } from '../model/legend.ts';

/** How a state is painted in one theme: page cells and glyph boxes, what is drawn upon them, and the line around them. */
export interface Paint {
  readonly fill: string;
  /** The glyph upon the fill: 4.5:1 against it. */
  readonly ink: string;
  /** The line around the fill: 3:1 against every surface that it stands on. */
  readonly edge: string;
}
export type ThemeName = 'light' | 'dark';

const white = '#ffffff';
const night = '#0d131a';
const paint = (fill: string, ink: string, edge: string = fill): Paint => ({ fill, ink, edge });

/** The paint of each page state. Any two of them differ by CIEDE2000 of 10 or more, for colour-blind eyes too: state-style.test.ts measures it. */
export const stateStyle: Readonly<Record<LegendId, Readonly<Record<ThemeName, Paint>>>> = {
  none: { light: paint('#ffffff', '#5d6b7a', '#7c8896'), dark: paint('#161d26', '#93a2b3', '#6b7b8d') },
  free: { light: paint('#e3e8ee', '#566372', '#7c8896'), dark: paint('#222c38', '#93a2b3', '#6b7b8d') },
  zero: { light: paint('#8d98a8', night, '#788493'), dark: paint('#788495', night) },
  file: { light: paint('#8fc7ee', night, '#3f88b8'), dark: paint('#0077b8', white) },
  system: { light: paint('#0071be', white), dark: paint('#7dc5ff', night) },
  coherent: { light: paint('#199e7a', night, '#12906e'), dark: paint('#0bd697', night) },
  swap: { light: paint('#5e1c7e', white), dark: paint('#acb9ca', night) },
  protnone: { light: paint('#4f5157', white), dark: paint('#cfe7ff', night) },
  private: { light: paint('#d25b00', night), dark: paint('#f27f1a', night) },
  exclusive: { light: paint('#a73e87', white), dark: paint('#c780c4', night) },
  bar: { light: paint('#a98a51', night, '#947640'), dark: paint('#8f8474', night) },
  pinned: { light: paint('#00713b', white), dark: paint('#4fb85d', night) },
  migrating: { light: paint('#ebbd00', night, '#a17f00'), dark: paint('#ecd64d', night) },
  poison: { light: paint('#21272b', white), dark: paint('#f5f4f3', night) },
  stale: { light: paint('#a32c00', white), dark: paint('#ff9ea3', night) },
};

/** Outline of a glyph in a box of 16 by 16, and how it is drawn: filled, or as a line. */
export interface GlyphShape {
  readonly path: string;
  readonly draw: 'fill' | 'line';
}

export const glyphShape: Readonly<Record<LegendRow['glyph'], GlyphShape>> = {
  dotted: { path: 'M8 7.2a.8.8 0 1 0 0 1.6a.8.8 0 1 0 0-1.6z', draw: 'fill' },
  plain: { path: '', draw: 'fill' },
  zero: { path: 'M8 4c-1.9 0-2.9 1.7-2.9 4s1 4 2.9 4s2.9-1.7 2.9-4s-1-4-2.9-4z', draw: 'line' },
  square: { path: 'M4.8 4.8h6.4v6.4h-6.4z', draw: 'fill' },
  circle: { path: 'M8 4.4a3.6 3.6 0 1 0 0 7.2a3.6 3.6 0 1 0 0-7.2z', draw: 'fill' },
  diamond: { path: 'M8 3.4l4.6 4.6l-4.6 4.6l-4.6-4.6z', draw: 'fill' },
  pentagon: { path: 'M8 3.4l4.6 3.4l-1.8 5.4h-5.6l-1.8-5.4z', draw: 'fill' },
  hatched: { path: 'M3.5 8.5l5-5M3.5 12.5l9-9M7.5 12.5l5-5', draw: 'line' },
  pin: { path: 'M8 3.4a2.7 2.7 0 0 0-1 5.2v4h2v-4a2.7 2.7 0 0 0-1-5.2z', draw: 'fill' },
  swap: { path: 'M5.6 3.8v8.2m0 0l-2-2.2m2 2.2l2-2.2M10.4 12.2v-8.2m0 0l-2 2.2m2-2.2l2 2.2', draw: 'line' },
  file: { path: 'M5 3.4h4l2.4 2.4v6.8h-6.4zM8.8 3.6v2.4h2.4', draw: 'line' },
  bar: { path: 'M3.6 5.6h8.8M3.6 8h8.8M3.6 10.4h8.8', draw: 'line' },
  guard: { path: 'M8 3.6a4.4 4.4 0 1 0 0 8.8a4.4 4.4 0 1 0 0-8.8zM4.9 11.1l6.2-6.2', draw: 'line' },
  cross: { path: 'M4.4 4.4l7.2 7.2M11.6 4.4l-7.2 7.2', draw: 'line' },
  alert: { path: 'M8 3.6v5M8 10.9v1.4', draw: 'line' },
};
