import { fileURLToPath } from 'node:url';
import { findBrowser } from '../tools/setup.mjs';

/** The project's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The Chromium that shows pages. */
export function browserPath(): string {
  const found = findBrowser();
  if (found === null) throw new Error('no Chromium is here: npm test installs one, or set CHROME_PATH');
  return found;
}
