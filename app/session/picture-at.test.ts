/** Functions that an FPGA becomes are in the picture as long as they are there, and nowhere before and after. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Library } from './library.ts';
import { Session } from './session.ts';

const asset = (path: string): string => readFileSync(new URL(`../../assets/${path}`, import.meta.url), 'utf8');
const library: Library = {
  builtin: (kind, id) => Promise.resolve(kind === 'scenario' && id === 'sc-12' ? asset('scenarios/sc-12.yaml') : null),
  ids: () => Promise.resolve([]),
  file: () => Promise.resolve(null),
  thisMachine: () => Promise.resolve(null),
};

async function titlesAt(step: number): Promise<readonly string[]> {
  const session = new Session(library);
  expect((await session.open({ kind: 'builtin', id: 'sc-12' })).ok).toBe(true);
  return session
    .graph({ step, event: null })
    .nodes.flatMap(({ kind, title }) => (kind === 'device' || kind === 'device-memory' ? [title] : []));
}

describe('an FPGA in the picture', () => {
  it.each([
    ['empty', 0, ['accel0']],
    ['with a GPU in it', 1, ['accel0', 'gpu0', 'VRAM']],
    ['with something else in it', 3, ['accel0', 'cipher0']],
  ])('%s', async (_what, step, titles) => {
    expect(await titlesAt(step)).toEqual(titles);
  });

  it('the function hangs where the FPGA does, and is joined with it', async () => {
    const session = new Session(library);
    await session.open({ kind: 'builtin', id: 'sc-12' });
    const { nodes, edges } = session.graph({ step: 1, event: null });
    const gpu = nodes.find(({ title }) => title === 'gpu0');
    const fpga = nodes.find(({ title }) => title === 'accel0');
    expect(gpu?.parent).toBe(fpga?.parent);
    expect(edges.filter(({ source, target }) => source === fpga?.id && target === gpu?.id)).toHaveLength(1);
  });
});
