import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { printProblem } from '../base/result.ts';
import { loadYaml, yamlLimits } from './load.ts';

const schema = z.strictObject({
  name: z.string(),
  size: z.number().optional(),
  parts: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('disk'), bytes: z.number() }),
        z.strictObject({ kind: z.literal('cpu'), cores: z.number() }),
      ]),
    )
    .optional(),
});

function problemsOf(text: string): readonly string[] {
  const result = loadYaml('f.yaml', text, schema);
  return result.ok ? [] : result.error.map(printProblem);
}

describe('loading YAML against a schema', () => {
  it('gives the value and the place of each part', () => {
    const result = loadYaml('f.yaml', 'name: box\nparts:\n  - kind: cpu\n    cores: 4\n', schema);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    expect(result.value.value).toEqual({ name: 'box', parts: [{ kind: 'cpu', cores: 4 }] });
    expect(result.value.at(['parts', 0, 'cores'])).toEqual({ line: 4, column: 12 });
  });

  it('names an unknown key at its place and suggests the one that was meant', () => {
    expect(problemsOf('name: box\nsiez: 3\n')).toEqual(['f.yaml:2:1: unknown key "siez": did you mean "size"?']);
  });

  it('finds the alternative of a union that was meant', () => {
    expect(problemsOf('name: box\nparts:\n  - kind: cpu\n    core: 4\n')).toEqual([
      'f.yaml:3:5: "cores" is missing: give it a number',
      'f.yaml:4:5: unknown key "core": did you mean "cores"?',
    ]);
    expect(problemsOf('name: box\nparts:\n  - kind: dsik\n')).toEqual([
      expect.stringMatching(/^f\.yaml:3:11: "kind" is "dsik"/),
    ]);
  });

  it('says what type is wanted', () => {
    expect(problemsOf('name: 3\n')).toEqual(['f.yaml:1:7: "name" is 3; it must be a text']);
    expect(problemsOf('size: 1\n')).toEqual(['f.yaml:1:1: "name" is missing: give it a text']);
  });

  it('gives the line of a syntax error, a duplicate key, and a second document', () => {
    expect(problemsOf('name: box\nsize: [1\n')[0]).toMatch(/^f\.yaml:3:1: /);
    expect(problemsOf('name: a\nname: b\n')[0]).toMatch(/^f\.yaml:2:1: Map keys must be unique/);
    expect(problemsOf('name: a\n---\nname: b\n')[0]).toMatch(/^f\.yaml:2:1: .*holds one/);
  });

  it('bounds depth, aliases, tokens and size', () => {
    expect(problemsOf('name: '.concat('['.repeat(100_000)))[0]).toMatch(/nested more than 64/);
    const bomb = [
      'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`),
    ].join('\n');
    expect(problemsOf(bomb)[0]).toMatch(/Excessive alias count/);
    expect(problemsOf(`name:\n${'- 1\n'.repeat(1_500_000)}`)[0]).toMatch(/more than 2000000 tokens/);
    expect(problemsOf(' '.repeat(yamlLimits.characters + 1))[0]).toMatch(/larger than 16 MiB/);
  });

  it('takes empty and strange files as wrong, not as a fault', () => {
    for (const text of [
      '',
      '\0',
      '\u0007: x',
      '*x',
      '!!js/function x',
      'a: !<!> x',
      '%YAML 9.9\n---\nname: x',
      '__proto__: {name: x}',
      '? [a]\n: b',
    ]) {
      expect(problemsOf(text).length, JSON.stringify(text)).toBeGreaterThan(0);
    }
  });
});
