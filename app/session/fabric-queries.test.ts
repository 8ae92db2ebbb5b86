import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DeviceWish } from '../contract/fabric-queries.ts';
import type { Cursor } from '../contract/frame.ts';
import { bytesOf, hasDescriptions } from '../topology/testing/oracle.ts';
import { anyDevice } from '../view/fabric/offer-view.ts';
import type { Library } from './library.ts';
import { Session } from './session.ts';

const library: Library = {
  builtin: async (kind, id) => {
    try {
      const folder = kind === 'scenario' ? 'scenarios' : 'topologies';
      return readFileSync(new URL(`../../assets/${folder}/${id}.yaml`, import.meta.url), 'utf8');
    } catch {
      return null;
    }
  },
  ids: async () => [],
  file: async () => null,
  thisMachine: async () => null,
};
const start: Cursor = { step: -1, event: null };

async function opened(id: string): Promise<Session> {
  const session = new Session(library);
  const answer = await session.open({ kind: 'builtin', id });
  expect(answer.ok ? [] : answer.error).toEqual([]);
  return session;
}

const find = (session: Session, wish: Partial<DeviceWish>, cursor = start) =>
  session.findDevices({ cursor, wish: { ...anyDevice, ...wish } });
const names = (session: Session, wish: Partial<DeviceWish>, cursor = start): readonly string[] =>
  find(session, wish, cursor).found.map(({ device }) => device.name);

describe('a device that is looked for', () => {
  it('is found among all, and every other one is listed with the constraint that dropped it and by how much', async () => {
    const session = await opened('sc-11');
    expect(names(session, { engine: 'crypto' })).toEqual(['accel0', 'accel1', 'accel2']);
    const answer = find(session, {
      engine: 'crypto',
      pasids: 8,
      peer: 'nic0',
      memoryBytes: 2 ** 30,
      withinNs: 300,
    });
    expect(answer.foundTotal).toBe(0);
    const said = answer.dropped.map(({ constraint, rows }) => [
      constraint,
      ...rows.map(({ device, lacks: [first] }) => `${device.name}: ${first?.needs}, ${first?.has}, ${first?.missing}`),
    ]);
    expect(said).toEqual([
      ['engine', 'accel3: crypto, ai, null', 'accel4: crypto, compress, null'],
      ['pasids', 'accel0: 8 free PASIDs, 4, 4 too few'],
      ['peer', 'accel2: P2P with nic0, NOT_SUPPORTED, null'],
      ['latency', 'accel1: 300 ns, 340 ns to dram0, 40 ns too far'],
    ]);
    const [refused] = answer.dropped.find(({ constraint }) => constraint === 'peer')?.rows ?? [];
    expect(refused?.lacks[0]?.why).toBe('the way crosses a root complex that the kernel does not trust to forward');
    expect(answer.binding.map(({ constraint, devices }) => [constraint, devices])).toEqual([['latency', 1]]);
  });

  it('is one that came while the machine ran, as long as it is there', async () => {
    const session = await opened('sc-12');
    const at = (step: number): Cursor => ({ step, event: null });
    expect(names(session, { engine: 'compute' }, at(0))).toEqual([]);
    const [row] = find(session, { engine: 'compute', memoryBytes: 2 ** 20 }, at(1)).found;
    const drawn = session.graph(at(1)).nodes.find(({ title }) => title === 'gpu0')?.id;
    expect(row?.device).toMatchObject({ name: 'gpu0', kind: 'GPU', drawn });
    expect(row?.drawn.marked).toContain(drawn);
    expect(names(session, { engine: 'compute' }, at(3))).toEqual([]);
  });

  it('comes with the way to its memory and to its peer, as wires of the graph', async () => {
    const session = await opened('dual-socket');
    const wires = new Set(session.graph(start).edges.map(({ id }) => id));
    const [row] = find(session, { engine: 'compute', peer: 'nic0', memoryBytes: 2 ** 30 }).found;
    expect(row?.device).toMatchObject({ name: 'gpu0', kind: 'GPU', drawn: 'gpu0' });
    expect(row?.drawn.marked).toContain('nic0');
    expect(row?.drawn.lines.length).toBeGreaterThan(0);
    for (const wire of row?.drawn.lines.flatMap((line) => line.wires) ?? []) expect(wires).toContain(wire);
  });

  it('has as many PASIDs free as processes have left at the step on show', async () => {
    const session = await opened('sc-08');
    const free = (step: number): number | null | undefined =>
      find(session, {}, { step, event: null }).found.find(({ device }) => device.name === 'accel0')?.freePasids;
    const [before, bound, after] = [free(2), free(3), free(6)];
    expect(bound).toBe((before ?? 0) - 1);
    expect(after).toBe(before);
  });

  it('is not looked for with a peer that the machine does not have', async () => {
    const session = await opened('dual-socket');
    expect(find(session, { peer: 'nic9' }).problem).toBe('There is no device nic9 in this machine.');
  });
});

describe('a route', () => {
  it('is the nearest by latency and the widest by its narrowest link, each the sum of its hops', async () => {
    const session = await opened('hbm-cxl');
    const { examples } = session.fabricOffer(start);
    expect(examples.routes.length).toBeGreaterThan(0);
    for (const { from, to } of examples.routes) {
      const { nearest, widest } = session.findRoutes({ cursor: start, from, to });
      for (const way of [nearest, widest]) {
        if (way === null) throw new Error(`${from} to ${to}`);
        expect(way.hops.reduce((sum, hop) => sum + hop.latencyNs, 0)).toBe(way.latencyNs);
        expect(Math.min(...way.hops.flatMap(({ gbs }) => gbs ?? []))).toBe(way.gbs);
        expect(way.hops.filter(({ narrowest }) => narrowest)).toHaveLength(1);
        expect([way.hops[0]?.from, way.hops[way.hops.length - 1]?.to]).toEqual([from, to]);
      }
      expect(nearest?.latencyNs).toBeLessThanOrEqual(widest?.latencyNs ?? 0);
      expect(widest?.gbs).toBeGreaterThanOrEqual(nearest?.gbs ?? 0);
    }
  });

  it('uses the wires that there are at the step on show', async () => {
    const session = await opened('sc-10');
    const steps = session.current()?.steps.length ?? 0;
    const between = (step: number) =>
      session.findRoutes({ cursor: { step, event: null }, from: 'accel0', to: 'accel1' }).nearest;
    expect(between(-1)?.latencyNs).toBe(660);
    expect(between(steps - 1)).toMatchObject({ latencyNs: 200, gbs: 50, bottleneck: 'accel0 – accel1 (xGMI)' });
  });

  it('of peer DMA goes up to the root complex where a port redirects, and says so', async () => {
    const session = await opened('dual-socket');
    const { nearest, same, peer } = session.findRoutes({ cursor: start, from: 'gpu0', to: 'nic0' });
    expect([nearest?.latencyNs, same]).toEqual([110, true]);
    expect(peer).toMatchObject({ mapType: 'THRU_HOST_BRIDGE', distance: 4, rule: 'host.whitelist' });
    expect(peer?.said).toContain('ACS redirect at');
    expect(peer?.way?.hops.map(({ toKind }) => toKind)).toContain('host bridge');
    expect(peer?.way?.latencyNs).toBe(470);
  });

  it('is drawn along the wires of the graph, and the narrowest stands out', async () => {
    const session = await opened('dual-socket');
    const { nearest } = session.findRoutes({ cursor: start, from: 'gpu0', to: 'nic0' });
    expect(nearest?.drawn).toEqual({
      marked: ['gpu0', 'nic0'],
      lines: [{ from: 'gpu0', wires: ['gpu0--up', 'nic0--up'] }],
      narrowest: 'gpu0--up',
    });
  });

  it('to a place that is not there, or to itself, is a problem in words', async () => {
    const session = await opened('dual-socket');
    const problem = (from: string, to: string) => session.findRoutes({ cursor: start, from, to }).problem;
    expect(problem('gpu0', 'gpu7')).toBe('There is no gpu7 in this machine: name a device, a memory or a package.');
    expect(problem('gpu0', 'gpu0')).toContain('same place');
    expect(problem('gpu0', '')).toBe('Name a device, a memory or a package.');
  });
});

describe('a pipeline', () => {
  it('has no device in a stage that it has no engine for, and no device for a CPU', async () => {
    const session = await opened('sc-11');
    const stuck = (engine: 'compress' | 'cpu', on: string) =>
      session.planPipeline({
        cursor: start,
        stages: [
          { engine: 'nic', on: null },
          { engine, on },
        ],
        bytes: 2 ** 20,
      }).stuck;
    expect(stuck('compress', 'accel1')).toEqual({ stage: 1, said: 'accel1 has no engine for compress' });
    expect(stuck('cpu', 'accel1')).toEqual({ stage: 1, said: 'accel1 is no CPU' });
  });

  const stages = (...engines: readonly ('nic' | 'crypto' | 'cpu' | 'ai' | 'rsa')[]) =>
    engines.map((engine) => ({ engine, on: null }));

  it('is ranked by what it costs, with a buffer between each two stages and both legs to it', async () => {
    const session = await opened('sc-11');
    const { plans } = session.planPipeline({
      cursor: start,
      stages: stages('nic', 'crypto', 'cpu', 'ai'),
      bytes: 2 ** 20,
    });
    expect(plans.length).toBeGreaterThan(1);
    const totals = plans.map(({ totalNs }) => totalNs);
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    for (const { devices, buffers, legs, latencyNs, busyNs, totalNs } of plans) {
      expect([devices.length, buffers.length, legs.length]).toEqual([4, 3, 6]);
      expect(legs.reduce((sum, leg) => sum + leg.latencyNs, 0)).toBe(latencyNs);
      expect(latencyNs + busyNs).toBe(totalNs);
      for (const { device, buffer, path } of legs) expect([path[0], path[path.length - 1]]).toEqual([device, buffer]);
    }
  });

  it('keeps a device that is decided already', async () => {
    const session = await opened('sc-11');
    const { plans } = session.planPipeline({
      cursor: start,
      stages: [
        { engine: 'nic', on: null },
        { engine: 'crypto', on: 'accel1' },
      ],
      bytes: 4096,
    });
    expect(new Set(plans.map(({ devices }) => devices[1]))).toEqual(new Set(['accel1']));
  });

  it('names the stage that nothing can do', async () => {
    const session = await opened('sc-11');
    const { plans, stuck } = session.planPipeline({ cursor: start, stages: stages('nic', 'rsa'), bytes: 4096 });
    expect(plans).toEqual([]);
    expect(stuck).toEqual({ stage: 1, said: 'this machine is told to have no device with an engine for rsa' });
  });
});

describe('names of places as one types', () => {
  it('are found by name, kind, address and model, devices before what is between them', async () => {
    const session = await opened('dual-socket');
    const typed = (text: string, of: 'place' | 'function' | 'cpu' | 'compute' = 'place') =>
      session.fabricPlaces({ cursor: start, text, of, count: 20 }).found.map(({ name }) => name);
    expect(typed('gpu0')[0]).toBe('gpu0');
    expect(typed('18:00.0')).toEqual(['gpu0']);
    expect(typed('root port').length).toBeGreaterThan(0);
    expect(typed('')[0]).toBe('accel0');
    expect(typed('', 'cpu')).toEqual(['package:0', 'package:1']);
    expect(typed('', 'compute')).toEqual(['gpu0']);
    expect(typed('dram', 'function')).toEqual([]);
    expect(session.fabricPlaces({ cursor: start, text: '', of: 'place', count: 3 })).toMatchObject({
      total: session.fabricOffer(start).places,
      found: [{}, {}, {}],
    });
  });
});

describe('a session with nothing open', () => {
  it('answers each question with nothing', () => {
    const session = new Session(library);
    expect(session.fabricOffer(start).functions).toBe(0);
    expect(find(session, {}).problem).toBe('Nothing is open.');
    expect(session.findRoutes({ cursor: start, from: 'a', to: 'b' }).problem).toBe('Nothing is open.');
    expect(session.planPipeline({ cursor: start, stages: [], bytes: 1 }).problem).toBe('Nothing is open.');
  });
});

describe.skipIf(!hasDescriptions)('real machines (skipped where ../shared is absent)', () => {
  it.each([
    'hwloc-xml/nvidiaDGX2.v3.xml',
    'hwloc-xml/32em64t-2n8c2t-pci-wholeio.v3.xml',
    'nccl-xml/azure-ndv5-topo.xml',
    'hwloc-xml/8intel64-4n2t-memattrs.v3.xml',
  ])('%s answers every question that it offers, with wires of its own graph', async (path) => {
    const session = new Session(library);
    const answer = await session.open({ kind: 'bytes', name: path, bytes: bytesOf(path) });
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    const graph = session.graph(start);
    const wires = new Set(graph.edges.map(({ id }) => id));
    const nodes = new Set(graph.nodes.map(({ id }) => id));
    const { examples, functions } = session.fabricOffer(start);
    const drawn = [
      ...examples.routes.flatMap(({ from, to }) => {
        const { problem, nearest } = session.findRoutes({ cursor: start, from, to });
        expect([path, problem, nearest === null]).toEqual([path, null, false]);
        return nearest?.drawn ?? [];
      }),
      ...examples.devices.flatMap(({ wish }) => {
        const view = session.findDevices({ cursor: start, wish });
        // The peer itself is no candidate.
        expect(view.foundTotal + view.droppedTotal).toBe(functions - (wish.peer === null ? 0 : 1));
        return view.found.map((row) => row.drawn);
      }),
      ...examples.pipelines.flatMap(({ stages }) => {
        const { plans } = session.planPipeline({ cursor: start, stages, bytes: 2 ** 20 });
        expect(plans.length).toBeGreaterThan(0);
        return plans.map((plan) => plan.drawn);
      }),
    ];
    expect(examples.routes.length).toBeGreaterThan(0);
    for (const { marked, lines, narrowest } of drawn) {
      for (const node of marked) expect(nodes).toContain(node);
      for (const wire of lines.flatMap((line) => line.wires)) expect(wires).toContain(wire);
      if (narrowest !== null) expect(wires).toContain(narrowest);
    }
  });
});
