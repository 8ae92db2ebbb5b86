import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLink } from './setup.mjs';

describe('setting up', () => {
  let folder = '';
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'setup-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('knows packages that are linked from those that may be installed over', () => {
    mkdirSync(join(folder, 'own'));
    symlinkSync(join(folder, 'own'), join(folder, 'linked'), 'dir');
    symlinkSync(join(folder, 'gone'), join(folder, 'dangling'), 'dir');
    expect(['own', 'linked', 'dangling', 'absent'].map((name) => isLink(join(folder, name)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});
