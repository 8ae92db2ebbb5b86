import type { ThemeName } from './state-style.ts';

/** Roles of colour, as everything that is drawn names them; the renderer's tokens.css says the same (theme.test.ts). */
export const themeRoles = {
  background: { light: '#f6f7f9', dark: '#0f141a' },
  panel: { light: '#ffffff', dark: '#161d26' },
  group: { light: '#f0f3f7', dark: '#121922' },
  hairline: { light: '#d9dee5', dark: '#2b3644' },
  faint: { light: '#eceff3', dark: '#212b37' },
  'control-edge': { light: '#7f8b99', dark: '#66768a' },
  text: { light: '#16202b', dark: '#e6ecf3' },
  muted: { light: '#566372', dark: '#93a2b3' },
  accent: { light: '#1f5fbf', dark: '#6ea8ff' },
  'accent-surface': { light: '#e7effb', dark: '#1b2c47' },
  'accent-edge': { light: '#9dbde9', dark: '#39598c' },
  refusal: { light: '#b3361b', dark: '#ff8f73' },
  'refusal-surface': { light: '#fcece7', dark: '#351f1c' },
} as const satisfies Readonly<Record<string, Readonly<Record<ThemeName, string>>>>;

export type Role = keyof typeof themeRoles;

/** Faces for text and for addresses, with what to take where they are not installed. */
export const face = "'Inter Variable', Inter, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif";
