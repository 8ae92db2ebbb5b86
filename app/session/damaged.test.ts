import { describe, expect, it } from 'vitest';
import { mutate, numbersFrom } from '../topology/testing/mutate.ts';
import { samples } from '../topology/testing/samples.ts';
import type { Library } from './library.ts';
import { pictureSvg } from './picture-svg.ts';
import { Session } from './session.ts';

const library: Library = {
  builtin: async () => null,
  ids: async () => [],
  file: async () => null,
  thisMachine: async () => null,
};
const beginning = { step: -1, event: null } as const;
const inputs = 150;
const firstSeed = 500_001;

/** Asks for all that a window shows of a bare machine. */
function lookAtAll(session: Session): void {
  const { nodes, edges } = session.graph(beginning);
  const ids = new Set(nodes.map(({ id }) => id));
  expect(ids.size).toBe(nodes.length);
  expect(nodes.filter(({ parent }) => parent !== null && !ids.has(parent))).toEqual([]);
  expect(edges.filter(({ source, target }) => !ids.has(source) || !ids.has(target))).toEqual([]);
  session.frame({ cursor: beginning, from: null });
  session.parts({
    filter: '',
    kind: null,
    differing: false,
    sort: 'size',
    descending: true,
    start: 0,
    count: 50,
    reveal: null,
  });
  session.find({ text: 'gpu 0', count: 20 });
  session.matrices();
  if (nodes.length < 200) expect(pictureSvg(session, beginning, 'light')).toMatch(/^<svg[^]*<\/svg>\s*$/);
}

describe('a window', () => {
  it(`shows ${inputs} damaged machines, and adds each to the one before, without a fault (seeds from ${firstSeed})`, async () => {
    const seeds = samples();
    let opened = 0;
    const session = new Session(library);
    for (let seed = firstSeed; seed < firstSeed + inputs; seed += 1) {
      const next = numbersFrom(seed);
      const [name, bytes] = seeds[next(seeds.length)] ?? ['', new Uint8Array(0)];
      const [, other] = seeds[next(seeds.length)] ?? ['', new Uint8Array(0)];
      const damaged = mutate(bytes, other, next);
      const part = { kind: 'bytes', name, bytes: damaged } as const;
      try {
        const added = seed % 3 === 0 && session.current()?.kind === 'topology';
        const result = await session.open(added ? { kind: 'several', parts: [part], added } : part);
        if (!result.ok) continue;
        opened += 1;
        lookAtAll(session);
      } catch (error) {
        throw new Error(`seed ${seed} (from ${name}): ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
      }
    }
    expect(opened).toBeGreaterThan(inputs / 10);
  });
});
