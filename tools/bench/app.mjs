/**
 * What a person waits for: the web host's cold start to the first paint, a key press to the painted step with a
 * million-page map on screen, opening the largest hwloc file, and the size of what a page loads first.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { findBrowser, root } from '../setup.mjs';

const runs = 5;
const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[values.length >> 1];
const p95 = (values) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * 0.95))];
const rows = [];
const row = (name, value, unit, note = '') => rows.push({ name, value, unit, note });

function host(folder) {
  const child = spawn(process.execPath, [join(root, 'bin/memscape.mjs'), 'serve', '--no-open'], {
    cwd: folder,
    env: { ...process.env, MEMSCAPE_NO_BUILD: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((done) =>
    createInterface({ input: child.stdout }).once('line', (address) =>
      done({ address, stop: () => child.kill('SIGTERM') }),
    ),
  );
}

/** A story with a million pages: written, moved by the device in parts, read back. */
const million = `version: 1
id: million
title: A million pages
line: a large map for measuring
machine: dual-socket
steps:
  - title: All pages
    do:
      - { op: process, by: kernel, name: A }
      - { op: mmap, by: A, as: heap, pages: 1000000 }
      - { op: write, by: A, place: A.heap, value: 1, count: true }
      - { op: open, by: A, device: gpu0 }
${Array.from({ length: 40 }, (_, i) => `  - title: Part ${i + 1}\n    do:\n      - { op: migrateToDevice, by: "driver:gpu0", context: "gpu0:A", place: "A.heap[${i * 20000}..${i * 20000 + 4096}]" }`).join('\n')}
`;

const browser = await chromium.launch({
  executablePath: findBrowser() ?? undefined,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const folder = mkdtempSync(join(tmpdir(), 'memscape-bench-'));
writeFileSync(join(folder, 'million.yaml'), million);

const cold = [];
for (let i = 0; i < runs; i++) {
  const started = performance.now();
  const { address, stop } = await host(folder);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address, { waitUntil: 'commit' });
  await page.getByText('There and back again').first().waitFor();
  cold.push(performance.now() - started);
  await page.close();
  stop();
}
row('web host: process start to the first paint of the start screen', median(cold), 'ms', 'target 1500');

const { address, stop } = await host(folder);
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.goto(`${address}&scenario=million.yaml&step=0`);
await page.locator('.graph .card canvas').first().waitFor();
await page.waitForTimeout(1500);
const presses = await page.evaluate(async () => {
  const times = [];
  const label = () => document.querySelector('[aria-label^="Timeline"] canvas')?.getAttribute('aria-label') ?? '';
  for (let i = 0; i < 40; i++) {
    const before = label();
    const started = performance.now();
    window.dispatchEvent(new KeyboardEvent('keydown', { key: i < 30 ? 'ArrowRight' : 'ArrowLeft', bubbles: true }));
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift', bubbles: true }));
    while (label() === before && performance.now() - started < 2000)
      await new Promise((done) => requestAnimationFrame(done));
    times.push(performance.now() - started);
    await new Promise((done) => setTimeout(done, 120));
  }
  return times;
});
row('key press to painted step, a million pages on screen, median', median(presses), 'ms');
row('key press to painted step, a million pages on screen, p95', p95(presses), 'ms', 'target 50');

const xml = join(root, '../shared/data/topologies/hwloc-xml');
if (existsSync(xml)) {
  const [largest] = readdirSync(xml)
    .map((name) => ({ name, bytes: statSync(join(xml, name)).size }))
    .sort((a, b) => b.bytes - a.bytes);
  const text = readFileSync(join(xml, largest.name), 'utf8');
  const opening = [];
  for (let i = 0; i < 3; i++) {
    const fresh = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await fresh.goto(address);
    await fresh.getByText('There and back again').first().waitFor();
    const started = performance.now();
    await fresh.evaluate((content) => {
      const data = new DataTransfer();
      data.items.add(new File([content], 'machine.xml'));
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
    }, text);
    await fresh.locator('.graph .card').first().waitFor();
    opening.push(performance.now() - started);
    await fresh.close();
  }
  row(`opening ${largest.name} (${Math.round(largest.bytes / 1024)} KiB) to its first card`, median(opening), 'ms');
}
stop();
await browser.close();
rmSync(folder, { recursive: true, force: true });

const assets = join(root, 'out/renderer/assets');
const initial = [
  ...readFileSync(join(root, 'out/renderer/index.html'), 'utf8').matchAll(/(?:src|href)="\.\/assets\/([^"]+)"/g),
].map(([, name]) => name);
const bytes = initial.map((name) => readFileSync(join(assets, name)));
row(
  'initial bundle, gzip',
  bytes.reduce((sum, file) => sum + gzipSync(file).length, 0) / 1024,
  'KiB',
  initial.join(', '),
);

for (const { name, value, unit, note } of rows)
  console.log(`${value.toFixed(1).padStart(10)} ${unit.padEnd(4)} ${name}${note === '' ? '' : `  (${note})`}`);
