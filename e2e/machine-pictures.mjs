/**
 * npm run pictures:machines: ten real machines of different kinds as the app shows them at first sight. The machines are
 * those of ../shared/data/topologies; where it is absent, nothing is made.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { buildStale } from '../tools/build.mjs';
import { findBrowser } from '../tools/setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const machines = join(root, '../shared/data/topologies');
const folder = join(root, 'docs/pictures/machines');

/** File name, machine, theme. */
const pictures = [
  ['laptop', 'text/lspci-dump.tree-fujitsu-p8010.txt', 'light'],
  ['two-sockets-gpus', 'hwloc-xml/32em64t-2n8c2t-pci-wholeio.v3.xml', 'light'],
  ['dgx-2', 'hwloc-xml/nvidiaDGX2.v3.xml', 'light'],
  ['power9-gpus', 'hwloc-xml/mpibind-coral-lassen.v1.xml', 'dark'],
  ['power8-nvlink', 'hwloc-xml/power8gpudistances.v3.xml', 'light'],
  ['xeon-phi', 'hwloc-xml/mpibind-knl-snc4-flat.v1.xml', 'light'],
  ['xeon-max-hbm', 'hwloc-xml/psmgmt-dp-intelmax01-flat.v2.xml', 'dark'],
  ['cxl-memory', 'hwloc-xml/cxlmem+dax.v3.xml', 'light'],
  ['cloud-h100', 'nccl-xml/aws-p5-48xl-topo.2026.xml', 'light'],
  ['64-nodes', 'fsroot/256ia64-64n2s2c.tar.gz', 'light'],
];

if (!existsSync(machines)) {
  console.log(`skipped: ${machines} is absent`);
} else {
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
    for (const [name, file, colorScheme] of pictures) {
      if (process.argv[2] !== undefined && !name.includes(process.argv[2])) continue;
      const page = await browser.newPage({
        viewport: { width: 1440, height: 900 },
        colorScheme,
        reducedMotion: 'reduce',
      });
      await page.goto(address);
      await page.locator('button').first().waitFor();
      // Keys are heard a moment after the first button stands.
      await page.waitForTimeout(600);
      const chooser = page.waitForEvent('filechooser');
      await page.keyboard.press('Control+o');
      await (await chooser).setFiles(join(machines, file));
      await page.locator('.graph .card').first().waitFor();
      await page.waitForTimeout(600);
      await page.screenshot({ path: join(folder, `${name}.png`) });
      console.log(`docs/pictures/machines/${name}.png`);
      await page.close();
    }
  } finally {
    await browser.close();
    host.kill('SIGTERM');
  }
}
