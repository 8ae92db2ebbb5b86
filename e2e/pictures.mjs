/**
 * npm run pictures [NAME...]: makes the pictures of the docs from the built app, all or those that are named. Nothing in
 * them is drawn by hand.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { buildStale } from '../tools/build.mjs';
import { findBrowser } from '../tools/setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs/pictures');

/** File name, link, theme, size, and the tab of queries whose first example is chosen. Links count steps from 0. */
const pictures = [
  ['window-light', 'scenario=sc-18&step=2', 'light', 1440, 900],
  ['window-dark', 'scenario=sc-01&step=4', 'dark', 1440, 900],
  ['small', 'scenario=sc-02&step=3', 'light', 1280, 720],
  ['large', 'scenario=sc-15&step=1', 'dark', 1920, 1080],
  ['machine-dual-socket', 'scenario=dual-socket', 'light', 1440, 900],
  ['machine-hbm-cxl', 'scenario=hbm-cxl', 'light', 1440, 900],
  ['machine-coherent-package', 'scenario=coherent-package', 'dark', 1440, 900],
  ['view-addresses', 'scenario=dual-socket&view=addresses&select=gpu0', 'light', 1440, 900],
  ['view-matrices', 'scenario=dual-socket&view=matrices', 'light', 1440, 900],
  ['view-parts', 'scenario=hbm-cxl&view=parts', 'dark', 1440, 900],
  ['view-queries', 'scenario=dual-socket&view=queries', 'light', 1440, 900, 'Route'],
  ['present', 'scenario=sc-18&step=5&view=present', 'light', 1920, 1080],
];

await buildStale();
mkdirSync(folder, { recursive: true });
const host = spawn(process.execPath, [join(root, 'bin/memscape.mjs'), 'serve', '--no-open'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const address = await new Promise((done) => createInterface({ input: host.stdout }).once('line', done));
const browser = await chromium.launch({
  executablePath: findBrowser() ?? undefined,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  const wanted = process.argv.slice(2);
  for (const [name, query, colorScheme, width, height, tab] of pictures) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
    await page.goto(`${address}&${query}`);
    await page
      .locator('.graph .card, .address-segment, .matrix-cell, .parts-rows [role=row], .query-tab')
      .first()
      .waitFor();
    if (tab !== undefined) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('group', { name: 'Examples' }).getByRole('button').first().click();
      await page.locator('.query-graph .card').first().waitFor();
    }
    await page.waitForTimeout(600);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    console.log(`docs/pictures/${name}.png`);
    await page.close();
  }
} finally {
  await browser.close();
  host.kill('SIGTERM');
}
