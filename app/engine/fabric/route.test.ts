import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FabricLink } from '../../model/fabric.ts';
import type { World } from '../../model/world.ts';
import { machineWorld } from '../../scenario/testing/machine-world.ts';
import { emptyWorld } from '../apply.ts';
import { peerDecision, peerRoute } from './peers.ts';
import { shortestRoute, widestRoute, type Route } from './route.ts';

const places = (route: Route | null): string =>
  route === null ? 'none' : [route.from, ...route.hops.map((hop) => hop.to)].join(' ');

const change = (world: World, name: string, control: number): World => {
  const device = world.records.pci[name];
  if (device === undefined) throw new Error(name);
  const acs = { capability: device.acs?.capability ?? 0x7f, control };
  return { ...world, records: { ...world.records, pci: { ...world.records.pci, [name]: { ...device, acs } } } };
};

describe('routes of a two-socket server', () => {
  const world = machineWorld('dual-socket');

  it('climb from the GPU over switch and root complex to the memory of its socket', () => {
    const route = shortestRoute(world, 'gpu0', 'dram0');
    expect(places(route)).toBe(
      'gpu0 pci:0000:17:00.0 pci:0000:16:00.0 pci:0000:15:01.0 hostbridge:0000:15 package:0 dram0',
    );
    expect([route?.latencyNs, route?.gbs?.toFixed(1)]).toEqual([450, '31.5']);
  });

  it('cross the socket link to the far memory', () => {
    const route = shortestRoute(world, 'package:0', 'dram1');
    expect([places(route), route?.latencyNs, route?.gbs]).toEqual(['package:0 package:1 dram1', 150, 120]);
  });

  it('end at an endpoint: nothing passes through the GPU but to its own memory', () => {
    expect(places(shortestRoute(world, 'nic0', 'gpu0.vram'))).toMatch(/ gpu0 gpu0\.vram$/);
    expect(places(shortestRoute(world, 'gpu0.vram', 'dram0'))).toMatch(/^gpu0\.vram gpu0 .* dram0$/);
  });

  it('go up to the root complex between peers of one switch where ACS redirects, and across the switch where not', () => {
    expect(peerDecision(world, 'gpu0', 'nic0')).toMatchObject({ mapType: 'THRU_HOST_BRIDGE', distance: 4 });
    expect(places(peerRoute(world, 'gpu0', 'nic0'))).toContain('hostbridge:0000:15');
    const open = ['pci:0000:17:00.0', 'pci:0000:17:01.0'].reduce((w, name) => change(w, name, 0), world);
    expect(peerDecision(open, 'gpu0', 'nic0')).toMatchObject({ mapType: 'BUS_ADDR', distance: 4 });
    expect(places(peerRoute(open, 'gpu0', 'nic0'))).toBe(
      'nic0 pci:0000:17:01.0 pci:0000:16:00.0 pci:0000:17:00.0 gpu0',
    );
  });
});

describe('routes of a memory-tier server', () => {
  it('take CXL memory past the PCIe side of the root complex: about 250 ns, the rate of the link', () => {
    const route = shortestRoute(machineWorld('hbm-cxl'), 'package:0', 'mem0.cxl');
    expect([route?.latencyNs, route?.gbs]).toEqual([250, 31.5]);
  });
});

const wire = (a: string, b: string, gbs: number | null, latencyNs: number): FabricLink => ({
  kind: 'unknown',
  a,
  b,
  wire: `${a}-${b}`,
  gbs,
  gbsFrom: 'told',
  latencyNs,
  latencyFrom: 'told',
  coherent: null,
  atomics: null,
  origin: 'wiring',
});

const worldOf = (links: Readonly<Record<string, FabricLink>>): World => ({
  ...emptyWorld,
  records: { ...emptyWorld.records, link: links },
});

/** A graph of up to eight places, any two of which may be joined, by several links too. */
const graphs = fc
  .array(fc.tuple(fc.nat(7), fc.nat(7), fc.option(fc.integer({ min: 1, max: 9 })), fc.nat(9)), { maxLength: 24 })
  .map((rows) =>
    worldOf(
      Object.fromEntries(
        rows.filter(([a, b]) => a !== b).map(([a, b, gbs, ns], i) => [`l${i}`, wire(`p${a}`, `p${b}`, gbs, ns)]),
      ),
    ),
  );

/** All paths without a place twice. */
function* walks(world: World, at: string, to: string, been: readonly string[] = [at]): Generator<readonly string[]> {
  if (at === to) yield [];
  else
    for (const [key, { a, b }] of Object.entries(world.records.link)) {
      const next = a === at ? b : b === at ? a : null;
      if (next === null || been.includes(next)) continue;
      for (const rest of walks(world, next, to, [...been, next])) yield [key, ...rest];
    }
}

const linksOf = (world: World, keys: readonly string[]): readonly FabricLink[] =>
  keys.flatMap((key) => world.records.link[key] ?? []);
const sum = (links: readonly FabricLink[]): number => links.reduce((ns, link) => ns + link.latencyNs, 0);
const least = (links: readonly FabricLink[]): number => Math.min(...links.map((link) => link.gbs ?? 0));

const runs = { seed: 20180801, numRuns: 300 };

describe('any graph', () => {
  it("a route's cost is the sum of its links, and no path without a place twice is shorter", () => {
    fc.assert(
      fc.property(graphs, (world) => {
        const route = shortestRoute(world, 'p0', 'p1');
        const all = [...walks(world, 'p0', 'p1')].map((keys) => sum(linksOf(world, keys)));
        if (route === null) return all.length === 0;
        expect(route.latencyNs).toBe(
          sum(
            linksOf(
              world,
              route.hops.map((hop) => hop.link),
            ),
          ),
        );
        return route.latencyNs === Math.min(...all);
      }),
      runs,
    );
  });

  it('the widest route has the widest narrowest link, and is the nearest of those', () => {
    fc.assert(
      fc.property(graphs, (world) => {
        const route = widestRoute(world, 'p0', 'p1');
        const all = [...walks(world, 'p0', 'p1')].map((keys) => linksOf(world, keys));
        if (route === null) return all.length === 0;
        const width = Math.max(...all.map(least));
        expect(
          least(
            linksOf(
              world,
              route.hops.map((hop) => hop.link),
            ),
          ),
        ).toBe(width);
        return route.latencyNs === Math.min(...all.filter((links) => least(links) === width).map(sum));
      }),
      runs,
    );
  });

  it('is as far one way as the other', () => {
    fc.assert(
      fc.property(
        graphs,
        (world) => shortestRoute(world, 'p0', 'p1')?.latencyNs === shortestRoute(world, 'p1', 'p0')?.latencyNs,
      ),
      runs,
    );
  });

  it('answers the same when a device hangs on it that nobody asks for', () => {
    fc.assert(
      fc.property(graphs, fc.nat(7), (world, at) => {
        const more = worldOf({ ...world.records.link, extra: wire('stranger', `p${at}`, 1000, 0) });
        expect(shortestRoute(more, 'p0', 'p1')).toEqual(shortestRoute(world, 'p0', 'p1'));
        expect(widestRoute(more, 'p0', 'p1')).toEqual(widestRoute(world, 'p0', 'p1'));
      }),
      runs,
    );
  });
});
