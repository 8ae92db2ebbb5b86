import { electronBinary, shownBy } from './electron-app.ts';

/** First and last line of a run say which desktop was shown; a machine that must have the real one says so. */
export function setup(): () => void {
  if (process.env['MEMSCAPE_REQUIRE_ELECTRON'] === '1' && electronBinary() === null)
    throw new Error('MEMSCAPE_REQUIRE_ELECTRON is set, and Electron has no binary here: run npx install-electron');
  console.log(`desktop specs run in ${shownBy}`);
  return () => console.log(`desktop specs ran in ${shownBy}`);
}
