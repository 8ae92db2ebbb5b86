import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkImports } from './check-imports.mjs';

/** One violation of every row, and the sentence that names it. */
const planted: readonly (readonly [file: string, source: string, problem: string])[] = [
  ['app/base/a.ts', `import { x } from '../store/run.ts';`, 'app/base/a.ts may not import app/store/run.ts'],
  ['app/store/a.ts', `import type { W } from '../model/world.ts';`, 'app/store/a.ts may not import app/model/world.ts'],
  ['app/model/a.ts', `import { step } from '../engine/step.ts';`, 'app/model/a.ts may not import app/engine/step.ts'],
  ['app/engine/a.ts', `export * from '../view/x.ts';`, 'app/engine/a.ts may not import app/view/x.ts'],
  ['app/notation/a.ts', `import { x } from '../scenario/x.ts';`, 'app/notation/a.ts may not import app/scenario/x.ts'],
  ['app/yaml/a.ts', `import { x } from '../model/world.ts';`, 'app/yaml/a.ts may not import app/model/world.ts'],
  ['app/topology/a.ts', `import { x } from '../engine/x.ts';`, 'app/topology/a.ts may not import app/engine/x.ts'],
  ['app/scenario/a.ts', `import { x } from '../view/x.ts';`, 'app/scenario/a.ts may not import app/view/x.ts'],
  [
    'app/view/a.ts',
    `import { x } from '../contract/wire.ts';`,
    'app/view/a.ts may import only types of app/contract/wire.ts: write import type',
  ],
  [
    'app/contract/a.ts',
    `import { x } from '../model/world.ts';`,
    'app/contract/a.ts may import only types of app/model/world.ts: write import type',
  ],
  ['app/session/a.ts', `import x from 'react';`, 'app/session/a.ts may not import react'],
  ['app/conform/a.ts', `import { x } from 'node:fs';`, 'app/conform/a.ts may not import node:fs'],
  ['app/draw/a.ts', `import { x } from '../engine/x.ts';`, 'app/draw/a.ts may not import app/engine/x.ts'],
  ['app/engine/b.ts', `import { app } from 'electron';`, 'app/engine/b.ts may not import electron'],
  ['app/new/a.ts', ``, 'app/new/a.ts: no rule says what this folder may import: add a row to tools/check-imports.mjs'],
  ['main/cli/a.ts', `import { x } from '../../renderer/app.tsx';`, 'main/cli/a.ts may not import renderer/app.tsx'],
  ['main/electron/preload.ts', `import { x } from 'node:fs';`, 'main/electron/preload.ts may not import node:fs'],
  [
    'renderer/a.tsx',
    `const x = await import('../app/engine/step.ts');`,
    'renderer/a.tsx may not import app/engine/step.ts',
  ],
  [
    'renderer/b.tsx',
    `import { x } from '../app/view/strip-view.ts';`,
    'renderer/b.tsx may import only types of app/view/strip-view.ts: write import type',
  ],
  ['renderer/story/a.tsx', `import { x } from '@xyflow/react';`, 'renderer/story/a.tsx may not import @xyflow/react'],
  ['renderer/graph/a.tsx', `import { x } from 'cmdk';`, 'renderer/graph/a.tsx may not import cmdk'],
  [
    'renderer/c.ts',
    `new Worker(new URL('../main/cli/cli.ts', import.meta.url));`,
    'renderer/c.ts may not import main/cli/cli.ts',
  ],
];

describe('who may import whom', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'memscape-imports-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function write(file: string, source: string): void {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), source);
  }

  it.each(planted)('refuses in %s: %s', (file, source, problem) => {
    write(file, source);
    expect(checkImports(root).problems).toEqual([problem]);
  });

  it('reads imports that span lines, and type imports for what they are', () => {
    write(
      'app/view/a.ts',
      `import type {\n  A,\n  B,\n} from '../contract/frame.ts';\nimport {\n  c,\n} from '../model/vma.ts';`,
    );
    expect(checkImports(root)).toEqual({
      problems: [],
      edges: ['"app/view" -> "app/contract"', '"app/view" -> "app/model"'],
    });
  });

  it('asks nothing of tests', () => {
    write('app/base/a.test.ts', `import { x } from '../engine/step.ts';`);
    expect(checkImports(root).problems).toEqual([]);
  });
});
