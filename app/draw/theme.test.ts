import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { themeRoles } from './theme.ts';

const css = readFileSync(new URL('../../renderer/theme/tokens.css', import.meta.url), 'utf8');
const dark = css.indexOf(":root[data-theme='dark']");

it.each(Object.entries(themeRoles))('%s is what the tokens of the app say', (name, colours) => {
  const told = (part: string): string | undefined => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(part)?.[1];
  expect({ light: told(css.slice(0, dark)), dark: told(css.slice(dark)) }).toEqual(colours);
});
