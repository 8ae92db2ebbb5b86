import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from './root.ts';

const folder = mkdtempSync(join(tmpdir(), 'memscape-diff-'));
const machine = readFileSync(join(root, 'assets/topologies/dual-socket.yaml'), 'utf8');
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const diff = (...given: readonly string[]) =>
  spawnSync(process.execPath, [join(root, 'bin/memscape.mjs'), 'diff', ...given], {
    encoding: 'utf8',
    env: { ...process.env, MEMSCAPE_NO_BUILD: '1' },
  });

describe('memscape diff', () => {
  const before = file('before.yaml', machine);
  const after = file(
    'after.yaml',
    machine.replace('currentSpeed: 16, currentWidth: 16', 'currentSpeed: 16, currentWidth: 8'),
  );
  afterAll(() => rmSync(folder, { recursive: true }));

  it('ends with 0 where nothing differs', () => {
    const { status, stdout } = diff(before, 'dual-socket');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^0 removed, 0 added, 0 changed, \d+ parts the same\n$/);
  });

  it('ends with 1 where something does, and names it', () => {
    const { status, stdout } = diff(before, after);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^~ .*\n    link now: 16 GT\/s x16 → 16 GT\/s x8\n/);
  });

  it('prints JSON alone on standard output', () => {
    const { status, stdout } = diff(before, after, '--json');
    const found = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    expect(status).toBe(1);
    expect(Object.keys(found)).toEqual(['before', 'after', 'same', 'added', 'removed', 'changed', 'other', 'notTold']);
    expect(found['changed']).toMatchObject([{ attributes: [{ field: 'link now', before: '16 GT/s x16' }, {}] }]);
  });

  it('ends with 2 where a source cannot be read', () => {
    const { status, stderr } = diff(before, join(folder, 'nothing.xml'));
    expect(status).toBe(2);
    expect(stderr).toMatch(/nothing\.xml:1:1: there is no such file/);
  });
});
