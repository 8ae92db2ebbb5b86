/** Installs the package that npm makes of the project, in an empty folder, and uses its command there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './root.ts';

let folder: string;

function run(command: string, args: readonly string[], cwd: string) {
  return spawnSync(command, args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'memscape-install-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const packed = run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root);
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`npm pack made no archive:\n${packed.stderr}`);
  const installed = run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${archive}`], folder);
  if (installed.status !== 0) throw new Error(`npm install failed:\n${installed.stderr}`);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the installed package', () => {
  it('brings no other package with it', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['memscape']);
  });

  it('runs a built-in story and prints nothing but its report', () => {
    const { status, stdout, stderr } = run(
      process.execPath,
      ['node_modules/memscape/bin/memscape.mjs', 'run', 'sc-18', '--json'],
      folder,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ scenario: 'sc-18', expectations: { failed: [] } });
  });

  it('has its command on the path of scripts', () => {
    expect(readdirSync(join(folder, 'node_modules/.bin'))).toContain('memscape');
  });
});
