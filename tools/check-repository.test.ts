import { describe, expect, it } from 'vitest';
import { checkFile } from './check-repository.mjs';

const lines = (count: number): string => 'x\n'.repeat(count);

describe('what a file may be', () => {
  it.each([
    ['app/package.json', '{}', 'app/package.json: packaging would take app/ for the application: remove it'],
    [
      'app/store/package.json',
      '{}',
      'app/store/package.json: packaging would take app/ for the application: remove it',
    ],
    [
      'package-lock.json',
      '{ "resolved": "https://registry.example/x.tgz" }',
      "package-lock.json names a registry's host: run npm install with the project's .npmrc",
    ],
    ['app/a.ts', lines(601), 'app/a.ts: 601 lines: split it, or list it in tools/check-repository.mjs with a reason'],
    [
      'renderer/a.tsx',
      `// ${'TO' + 'DO'}: later\n`,
      `renderer/a.tsx: unfinished business (${'TO' + 'DO'}): finish it or remove it`,
    ],
    [
      'app/a.test.ts',
      `it${'.only'}('x', () => {});\n`,
      'app/a.test.ts: a test that is focused, skipped or empty: remove the marker (skipIf may ask for a condition)',
    ],
  ])('refuses %s', (file, text, problem) => {
    expect(checkFile(file, text).problems).toEqual([problem]);
  });

  it('remarks on a file over 400 lines and lets it pass', () => {
    expect(checkFile('app/a.ts', lines(401))).toEqual({ problems: [], remarks: ['app/a.ts: 401 lines'] });
  });

  it('lets a test skip itself on a condition', () => {
    expect(checkFile('app/a.test.ts', `describe.skipIf(!there)('x', () => {});\n`).problems).toEqual([]);
  });
});
