import { ESLint } from 'eslint';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const eslint = new ESLint({ cwd: fileURLToPath(new URL('..', import.meta.url)) });

/** Rules that a text breaks when it stands in place of a file (which must exist: types are read from its project). */
async function broken(file: string, text: string): Promise<readonly (string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: file });
  return (result?.messages ?? []).map((message) => message.ruleId ?? message.message);
}

describe('the lint rules', () => {
  it.each([
    ['app/base/result.ts', 'export const now = (): number => Date.now();', 'no-restricted-globals'],
    ['app/base/result.ts', 'export const now = (): number => performance.now();', 'no-restricted-globals'],
    ['app/base/result.ts', 'console.log(1);', 'no-restricted-globals'],
    ['app/base/result.ts', 'export const dice = (): number => Math.random();', 'no-restricted-properties'],
    ['app/base/result.ts', 'export const x: any = 1;', '@typescript-eslint/no-explicit-any'],
    ['app/base/result.ts', 'export default 1;', 'no-restricted-exports'],
    ['app/base/result.ts', 'export enum E { a }', 'no-restricted-syntax'],
    [
      'app/base/result.ts',
      'export const f = (x: number | null): number => x!;',
      '@typescript-eslint/no-non-null-assertion',
    ],
    ['app/base/result.ts', '// @ts-ignore\nexport const x: string = 1;', '@typescript-eslint/ban-ts-comment'],
    ['app/base/result.ts', 'export const f = (): void => { void 0; eval("1"); };', 'no-eval'],
    [
      'app/base/assert.ts',
      "import { R } from './result.ts';\nexport type X = R;",
      '@typescript-eslint/consistent-type-imports',
    ],
    [
      'main/assets.ts',
      'export const f = async (): Promise<void> => {};\nf();',
      '@typescript-eslint/no-floating-promises',
    ],
    [
      'main/assets.ts',
      'export function f(kind: "a" | "b"): number {\n  switch (kind) {\n    case "a":\n      return 1;\n  }\n  return 2;\n}',
      '@typescript-eslint/switch-exhaustiveness-check',
    ],
    ['main/assets.ts', "import { ipcMain } from 'electron';\nexport const x = ipcMain;", 'no-restricted-imports'],
    [
      'renderer/mount.tsx',
      "import { ipcRenderer } from 'electron/renderer';\nexport const x = ipcRenderer;",
      'no-restricted-imports',
    ],
  ])('catch in %s: %s', async (file, text, rule) => {
    expect(await broken(file, text)).toContain(rule);
  });

  it('let no comment switch them off', async () => {
    const text = '// eslint-disable-next-line no-eval\nexport const f = (): void => void eval("1");';
    expect(await broken('app/base/result.ts', text)).toContain('no-eval');
  });

  it('let a sound file pass', async () => {
    expect(await broken('app/base/result.ts', 'export const one = (): number => 1;\n')).toEqual([]);
  });
});
