import { describe, expect, it } from 'vitest';
import type { Topology } from '../model/topology.ts';
import { combineTopologies } from './combine/combine.ts';
import { inspect } from './counts.ts';
import { printMemscape } from './memscape/print.ts';
import { readTopology } from './read-topology.ts';
import { mutate, numbersFrom } from './testing/mutate.ts';
import { samples } from './testing/samples.ts';

/** `npm run fuzz` sets both: how many inputs, and from which seed. */
const inputs = Number(process.env['MEMSCAPE_FUZZ_INPUTS'] ?? 20_000);
const firstSeed = Number(process.env['MEMSCAPE_FUZZ_SEED'] ?? 1);

/** What holds of every topology, wherever it came from. */
function faultOf(topology: Topology): string | null {
  const ids = new Set<string>();
  for (const object of topology.objects) {
    if (ids.has(object.id)) return `two objects are called ${object.id}`;
    if (object.parent !== null && !ids.has(object.parent))
      return `${object.id} comes before its parent ${object.parent}`;
    if (object.parent === null && object.kind !== 'machine') return `${object.id} is in nothing`;
    ids.add(object.id);
  }
  if (!ids.has('machine')) return 'there is no machine';
  for (const link of topology.links)
    if (!ids.has(link.a) || !ids.has(link.b)) return `the link ${link.id} has a loose end`;
  for (const { name, rows, columns, values } of topology.matrices) {
    if (values.length !== rows.length * columns.length) return `the matrix ${name} has ${values.length} values`;
    if ([...rows, ...columns].some((id) => !ids.has(id))) return `the matrix ${name} names what is not there`;
  }
  for (const object of topology.objects) {
    if ('bars' in object && new Set(object.bars.map(({ index }) => index)).size < object.bars.length)
      return `${object.id} has one BAR twice`;
    if ('numaNode' in object && object.numaNode !== null && !ids.has(object.numaNode))
      return `${object.id} is near ${object.numaNode}, which is not there`;
  }
  if (topology.memoryAttributes.some(({ target }) => !ids.has(target))) return 'a memory attribute has no target';
  return JSON.stringify(topology).includes(':null,"bytes":-') ? 'a size is negative' : null;
}

/** The last input that was read, with its seed. */
interface Before {
  readonly seed: number;
  readonly topology: Topology;
}

/** Reads one damaged input in every way there is; answers what came of it, or throws. */
function tryOne(injured: Uint8Array, before: Before | null, print: boolean): Topology | null {
  const result = readTopology('damaged', injured);
  if (!result.ok) {
    const [problem] = result.error;
    if (problem === undefined || problem.message === '' || problem.line < 0 || problem.column < 0)
      throw new Error('refused without a place or a reason');
    return null;
  }
  const counted = inspect(result.value);
  const fault = faultOf(result.value);
  if (fault !== null) throw new Error(fault);
  if (before !== null) {
    const both = combineTopologies([before.topology, result.value]);
    const loose = faultOf(both);
    if (loose !== null) throw new Error(`combined with what seed ${before.seed} gave: ${loose}`);
    inspect(both);
  }
  if (print) {
    const printed = readTopology('printed', new TextEncoder().encode(printMemscape(result.value)));
    if (!printed.ok)
      throw new Error(`what was read cannot be written and read again: ${JSON.stringify(printed.error[0])}`);
    expect(inspect(printed.value).counts).toEqual(counted.counts);
  }
  return result.value;
}

/** Enough to see what is wrong; the others are mostly the same. */
const mostFaults = 20;

describe('importers', () => {
  it(`read, or refuse with a place, every one of ${inputs} damaged inputs`, () => {
    const seeds = samples();
    const outcomes = { read: 0, refused: 0 };
    const faults: string[] = [];
    let before: Before | null = null;
    for (let seed = firstSeed; seed < firstSeed + inputs && faults.length < mostFaults; seed += 1) {
      const next = numbersFrom(seed);
      const [name, bytes] = seeds[next(seeds.length)] ?? ['', new Uint8Array(0)];
      const [, other] = seeds[next(seeds.length)] ?? ['', new Uint8Array(0)];
      const injured = mutate(bytes, other, next);
      try {
        const read = tryOne(injured, before, seed % 16 === 0 || inputs === 1);
        if (read !== null) before = { seed, topology: read };
        outcomes[read === null ? 'refused' : 'read'] += 1;
      } catch (error) {
        const what = error instanceof Error ? (error.stack ?? error.message).slice(0, 1500) : String(error);
        faults.push(`seed ${seed} (from ${name}): ${what}`);
      }
      const done = seed - firstSeed + 1;
      if (done % 50_000 === 0 && done < inputs) console.log(`importers: ${done} of ${inputs}, ${faults.length} faults`);
    }
    console.log(
      `importers: ${outcomes.read} damaged inputs were read, ${outcomes.refused} refused, ${faults.length} faults, seeds ${firstSeed} to ${firstSeed + inputs - 1}`,
    );
    expect(faults).toEqual([]);
    if (inputs > 1000) expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(inputs / 100);
  }, 86_400_000);
});

describe('damaging an input', () => {
  it('leaves the input as it was, so that a seed gives the same again', () => {
    for (const [name, bytes] of samples()) {
      const before = new Uint8Array(bytes);
      for (let seed = 1; seed <= 20; seed += 1) mutate(bytes, before, numbersFrom(seed));
      expect({ name, same: Buffer.compare(before, bytes) === 0 }).toEqual({ name, same: true });
    }
  });
});
