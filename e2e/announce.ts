import { buildStale } from '../tools/build.mjs';
import { electronBinary, shownBy } from './electron-app.ts';

/**
 * First and last line of a run say which desktop was shown; a machine that must have the real one says so. What the
 * specs drive is built from the sources as they are.
 */
export async function setup(): Promise<() => void> {
  if (process.env['MEMSCAPE_REQUIRE_ELECTRON'] === '1' && electronBinary() === null)
    throw new Error('MEMSCAPE_REQUIRE_ELECTRON is set, and Electron has no binary here: run npx install-electron');
  console.log(`desktop specs run in ${shownBy}`);
  await buildStale();
  return () => console.log(`desktop specs ran in ${shownBy}`);
}
