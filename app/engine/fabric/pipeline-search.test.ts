import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { World } from '../../model/world.ts';
import { peerDecision } from './peers.ts';
import { engineNs, Search, type Partial, type Stage } from './pipeline-search.ts';
import { planPipeline } from './pipeline.ts';
import { plans, worldOf } from './testing/random-machine.ts';

const stages: fc.Arbitrary<readonly Stage[]> = fc.array(
  fc.constantFrom<Stage>({ engine: 'nic' }, { engine: 'ai' }, { engine: 'compute' }, { engine: 'cpu' }),
  { minLength: 2, maxLength: 3 },
);

const all = (world: World, { engine }: Stage): readonly string[] =>
  engine === 'cpu'
    ? Object.keys(world.records.socket)
    : Object.entries(world.records.pci).flatMap(([name, { engines }]) =>
        engines.some(({ kind }) => kind === engine) ? [name] : [],
      );

/** Devices and buffers of a pipeline, the last first. */
const places = ({ device, buffer, before }: Partial): string =>
  `${device} ${buffer ?? ''} ${before === null ? '' : places(before)}`;

/** The costs of all ways to fill the stages, each tried by itself, the cheapest first. */
function costsOfAll(world: World, wanted: readonly Stage[], bytes: number): readonly number[] {
  let fillings: readonly (readonly Stage[])[] = [[]];
  for (const stage of wanted)
    fillings = fillings.flatMap((filling) => all(world, stage).map((on) => [...filling, { ...stage, on }]));
  return fillings.flatMap((filling) => costs(new Search(world, bytes).run(filling))).sort((a, b) => a - b);
}

const costs = (found: readonly Partial[] | number): readonly number[] =>
  typeof found === 'number' ? [] : found.map(({ ns }) => ns);

describe('searching a pipeline', () => {
  it('finds what trying every device in every stage finds cheapest, whatever the devices have in common', () => {
    fc.assert(
      fc.property(plans, stages, fc.constantFrom(64, 2 ** 20, 2 ** 24), (plan, wanted, bytes) => {
        const world = worldOf(plan);
        const found = costs(new Search(world, bytes).run(wanted));
        expect(found).toEqual(costsOfAll(world, wanted, bytes).slice(0, found.length));
        expect(found.length).toBe(Math.min(12, costsOfAll(world, wanted, bytes).length));
      }),
      { numRuns: 40 },
    );
  });

  it('costs what the wires of its legs and its engines add up to, one after the other', () => {
    fc.assert(
      fc.property(plans, stages, fc.constantFrom(64, 2 ** 20), (plan, wanted, bytes) => {
        const world = worldOf(plan);
        const found = new Search(world, bytes).run(wanted);
        const answer = planPipeline(world, wanted, bytes);
        if (typeof found === 'number' || answer.kind === 'none') return;
        for (const { devices, buffers, legs } of answer.assignments) {
          const key = (end: Partial): string =>
            (end.before === null ? '' : `${key(end.before)} ${end.buffer}`) + ` ${end.device}`;
          const named = devices.map((device, i) => (i === 0 ? ` ${device}` : ` ${buffers[i - 1]} ${device}`)).join('');
          const wires = legs.reduce((ns, { route }) => {
            const links = route.hops.map(({ link }) => world.records.link[link]);
            const gbs = Math.min(...links.map((link) => link?.gbs ?? Number.POSITIVE_INFINITY));
            return ns + links.reduce((sum, link) => sum + (link?.latencyNs ?? 0), 0) + bytes / gbs;
          }, 0);
          const engines = wanted.reduce((ns, stage, i) => ns + engineNs(world, stage, devices[i] ?? '', bytes), 0);
          expect(found.find((end) => key(end) === named)?.ns).toBeCloseTo(wires + engines, 3);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('answers each pipeline once, the cheapest first', () => {
    fc.assert(
      fc.property(plans, stages, (plan, wanted) => {
        const found = new Search(worldOf(plan), 2 ** 20).run(wanted);
        if (typeof found === 'number') return;
        expect(costs(found)).toEqual(costs(found).toSorted((a, b) => a - b));
        expect(new Set(found.map(places)).size).toBe(found.length);
      }),
      { numRuns: 40 },
    );
  });

  it('answers the same when a device is there that no stage asks for', () => {
    const stranger = [
      `{ kind: pciBridge, id: rp9, parent: hb1, bdf: "0001:00:09.0", role: rootPort }`,
      `{ kind: pciFunction, id: d99, parent: rp9, bdf: "0001:90:00.0", deviceKind: accelerator, engines: [{ kind: rsa }] }`,
    ];
    fc.assert(
      fc.property(plans, stages, (plan, wanted) => {
        const [without, along] = [worldOf(plan), worldOf(plan, stranger)].map((world) => {
          const found = new Search(world, 2 ** 20).run(wanted);
          return typeof found === 'number' ? found : found.map((end) => [end.ns, places(end)]);
        });
        expect(along).toEqual(without);
      }),
      { numRuns: 40 },
    );
  });
});

describe('peer-to-peer of any pair of any machine', () => {
  it('has the same type and distance both ways, whatever the ports redirect', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const world = worldOf(plan);
        const functions = Object.keys(world.records.pci);
        const between = (a: string, b: string): unknown => {
          const { mapType, distance } = peerDecision(world, a, b);
          return { mapType, distance };
        };
        for (const a of functions) for (const b of functions) expect(between(a, b)).toEqual(between(b, a));
      }),
      { numRuns: 20 },
    );
  });
});
