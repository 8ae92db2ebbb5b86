/** Packs the app around a stand-in for Electron's binary (no download), and looks at what is inside. */
import { extractAll, listPackage } from '@electron/asar';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './root.ts';

/** Electron's switches follow this mark in its binary: a version, a count, then '0' or '1' for each. */
const fuseMark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const fuseNames = [
  'runAsNode',
  'enableCookieEncryption',
  'enableNodeOptionsEnvironmentVariable',
  'enableNodeCliInspectArguments',
  'enableEmbeddedAsarIntegrityValidation',
  'onlyLoadAppFromAsar',
  'loadBrowserProcessSpecificV8Snapshot',
  'grantFileProtocolExtraPrivileges',
];
/** As Electron is shipped. */
const shipped = '10110001';

let folder: string;
let packed: string;
let archive: string;
let extracted: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'memscape-pack-'));
  const distribution = join(folder, 'distribution');
  mkdirSync(distribution);
  writeFileSync(join(distribution, 'electron'), `#!/bin/sh\nexit 0\n# ${fuseMark}\x01\x08${shipped}\n`, 'latin1');
  chmodSync(join(distribution, 'electron'), 0o755);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/electron-builder/cli.js'),
      ...['--linux', 'dir', '--x64', '--publish', 'never'],
      `-c.electronDist=${distribution}`,
      `-c.directories.output=${join(folder, 'dist')}`,
    ],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`packing failed:\n${stdout}\n${stderr}`);
  packed = join(folder, 'dist/linux-unpacked');
  archive = join(packed, 'resources/app.asar');
  extracted = join(folder, 'extracted');
  extractAll(archive, extracted);
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the packed command line, far from the checkout and its node_modules. */
function memscape(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(extracted, 'out/cli/cli.js'), ...args], { cwd: folder, encoding: 'utf8' });
}

describe('the packed app', () => {
  it('holds the four builds, the built-in stories and machines, and the licences', () => {
    const files = listPackage(archive, { isPack: false }).map((name) => name.replaceAll('\\', '/'));
    for (const file of [
      '/package.json',
      '/LICENSE',
      '/THIRD_PARTY_NOTICES.md',
      '/out/main/main.js',
      '/out/preload/preload.cjs',
      '/out/renderer/index.html',
      '/out/cli/cli.js',
      '/assets/capture.sh',
      ...['scenarios', 'topologies'].flatMap((kind) =>
        readdirSync(join(root, 'assets', kind)).map((name) => `/assets/${kind}/${name}`),
      ),
    ])
      expect(files).toContain(file);
  });

  it('holds nothing else: no sources, no tests, no packages, no source maps', () => {
    const tops = new Set(readdirSync(extracted));
    expect([...tops].sort()).toEqual(['LICENSE', 'THIRD_PARTY_NOTICES.md', 'assets', 'out', 'package.json']);
    const files = listPackage(archive, { isPack: false });
    expect(files.filter((name) => /\.(map|tsx?|test\.\w+)$|node_modules/.test(name))).toEqual([]);
  });

  it('has a page that its own policy allows: no script in the page itself, nothing from elsewhere', () => {
    const page = readFileSync(join(extracted, 'out/renderer/index.html'), 'utf8');
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it('has a preload that asks for nothing but Electron', () => {
    const preload = readFileSync(join(extracted, 'out/preload/preload.cjs'), 'utf8');
    const asked = [...preload.matchAll(/\brequire\(["']([^"']+)["']\)/g)].map(([, name]) => name);
    expect(new Set(asked)).toEqual(new Set(['electron']));
  });

  it('starts its command line, lists what is built in and runs a story', () => {
    const list = memscape('list', '--json');
    expect(list.stderr).toBe('');
    const { scenarios } = JSON.parse(list.stdout) as { readonly scenarios: readonly { readonly id: string }[] };
    const files = readdirSync(join(root, 'assets/scenarios')).map((name) => name.replace(/\.yaml$/, ''));
    expect(scenarios.map(({ id }) => id).sort()).toEqual(files.sort());
    const run = memscape('run', 'sc-01', '--json');
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ scenario: 'sc-01', expectations: { failed: [] } });
  });

  it('ends quietly where who reads its output has seen enough', () => {
    const cli = join(extracted, 'out/cli/cli.js');
    const piped = spawnSync('sh', ['-c', `"${process.execPath}" "${cli}" schema topology | head -n 1`], {
      encoding: 'utf8',
    });
    expect([piped.status, piped.stdout, piped.stderr]).toEqual([0, '{\n', '']);
  });

  it.skipIf(process.platform !== 'linux')(
    'captures this machine in a file that is the same machine (skipped where it is no Linux)',
    () => {
      const file = join(folder, 'captured.tar.gz');
      expect(memscape('capture', '-o', file).status).toBe(0);
      const facts = (source: string) =>
        (JSON.parse(memscape('inspect', source, '--json').stdout) as { readonly counts: unknown }).counts;
      expect(facts(file)).toEqual(facts('this-machine'));
      expect(memscape('inspect', file, file, '--json').status).toBe(0);
    },
  );

  it("sets Electron's switches: no plain Node, no debugger, only this archive", () => {
    const binary = readFileSync(join(packed, 'memscape'), 'latin1');
    const at = binary.indexOf(fuseMark) + fuseMark.length + 2;
    const state = Object.fromEntries(fuseNames.map((name, index) => [name, binary[at + index] === '1']));
    expect(state).toEqual({
      runAsNode: false,
      enableCookieEncryption: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    });
  });
});
