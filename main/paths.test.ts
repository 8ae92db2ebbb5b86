import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeLibrary } from './node-library.ts';
import { isInside } from './paths.ts';

const top = mkdtempSync(join(tmpdir(), 'memscape-paths-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
const folder = join(top, 'stories');
mkdirSync(join(folder, 'machines'), { recursive: true });
writeFileSync(join(folder, 'mine.yaml'), 'scenario');
writeFileSync(join(folder, 'box.yaml'), 'box');
writeFileSync(join(folder, 'machines', 'big.yaml'), 'big');
writeFileSync(join(top, 'secret.yaml'), 'secret');
symlinkSync(join(top, 'secret.yaml'), join(folder, 'link.yaml'));

describe('a file beside one that the person chose', () => {
  const chosen = join(folder, 'mine.yaml');
  const library = nodeLibrary({ mayRead: (path) => path === chosen, folder: '/' });
  const text = async (path: string, name: string) => {
    const found = await library.beside?.(path, name);
    return found === null || found === undefined ? null : new TextDecoder().decode(found.bytes);
  };

  it('is found in the same folder and below it', async () => {
    expect(await text(chosen, 'box.yaml')).toBe('box');
    expect(await text(chosen, './machines/big.yaml')).toBe('big');
  });

  it('is not found by a path that leads out, an absolute one, or a link that leads out', async () => {
    for (const name of ['../secret.yaml', 'machines/../../secret.yaml', join(folder, 'box.yaml'), 'link.yaml', '.', ''])
      expect(await text(chosen, name)).toBeNull();
  });

  it('is not found beside a file that nobody chose', async () => {
    expect(await text(join(folder, 'other.yaml'), 'box.yaml')).toBeNull();
    expect(await library.file(join(folder, 'machines/../box.yaml'))).toBeNull();
  });
});

it('a folder does not hold what only begins with its name, nor what is above it', () => {
  expect([
    isInside('/a/b', '/a/b/c'),
    isInside('/a/b', '/a/bc'),
    isInside('/a/b', '/a'),
    isInside('/a/b', '/a/b'),
  ]).toEqual([true, false, false, false]);
  expect(isInside('/a/b', '/a/b/..c')).toBe(true);
});
