import { describe, expect, it } from 'vitest';
import { objectsOf } from '../../model/topology.ts';
import type { PciBridge, PciFunction, Topology } from '../../model/topology.ts';
import { inspect } from '../counts.ts';
import { readTopology } from '../read-topology.ts';
import { bytesOf, describedIn, hasDescriptions, machineOf, oracleOf } from '../testing/oracle.ts';

const functionsOf = (topology: Topology): readonly (PciBridge | PciFunction)[] =>
  topology.objects.filter(
    (object): object is PciBridge | PciFunction => object.kind === 'pciBridge' || object.kind === 'pciFunction',
  );

describe.skipIf(!hasDescriptions)('lspci (skipped where ../shared is absent)', () => {
  it.each(describedIn('text', /^lspci-vv/))('-vv: %s has the functions, bridges and regions of its oracle', (name) => {
    const oracle = oracleOf<{
      device_headers: number;
      pci_bridges: number;
      region_lines: number;
      lnksta_lines: number;
    }>(name);
    const topology = machineOf(`text/${name}`);
    const { counts } = inspect(topology);
    expect(counts.pciBridges).toBe(oracle.pci_bridges);
    expect((counts.pciFunctions ?? 0) + (counts.pciBridges ?? 0)).toBe(oracle.device_headers);
    // Two regions of one excerpt belong to a device whose header is cut off.
    expect(counts.bars).toBe(oracle.region_lines - (name.includes('h100') ? 2 : 0));
    expect(functionsOf(topology).filter((fn) => fn.link?.currentSpeed != null).length).toBe(oracle.lnksta_lines);
  });

  it('names a function without its programming interface, numbers and revision', () => {
    const listed = machineOf('text/lspci-vv.from-40intel64-2g2n4c+pcilocality.txt');
    const names = functionsOf(listed).map(({ name }) => name);
    expect(names).toContain('Intel Corporation 82801JI (ICH10 Family) 4 port SATA IDE Controller #1');
    expect(names.filter((name) => /prog-if|\(rev|\[8086:/.test(name ?? ''))).toEqual([]);
  });

  it.each(describedIn('text', /^lspci-tv/))('-tv: %s has the functions and bridges of its oracle', (name) => {
    const oracle = oracleOf<{ functions_in_tree: number; bridges_with_secondary_bus: number }>(name);
    const { counts, warnings } = inspect(machineOf(`text/${name}`));
    expect(counts).toMatchObject({
      pciBridges: oracle.bridges_with_secondary_bus,
      pciFunctions: oracle.functions_in_tree - oracle.bridges_with_secondary_bus,
      gpus: null,
    });
    expect(warnings).toEqual([]);
  });

  it.each(describedIn('text', /^lspci-dump/))('-xxx: %s decodes as lspci itself decodes it', (name) => {
    const oracle = oracleOf<{ devices: number; bridges: number }>(name);
    const dump = machineOf(`text/${name}`);
    const decoded = machineOf(`oracle/${name.replace('.txt', '.vv.txt')}`);
    const { counts } = inspect(dump);
    expect([counts.pciBridges, (counts.pciFunctions ?? 0) + (counts.pciBridges ?? 0)]).toEqual([
      oracle.bridges,
      oracle.devices,
    ]);
    // One dump was made with -vv as well and has regions that only the kernel knows (Enhanced Allocation).
    const hasRegions = new TextDecoder().decode(bytesOf(`text/${name}`)).includes('Region 0');
    const essence = (topology: Topology) =>
      functionsOf(topology).map((fn) => ({
        bdf: fn.bdf,
        parent: fn.parent,
        acs: fn.acs.kind === 'present' ? fn.acs : null,
        link: fn.link,
        role: fn.kind === 'pciBridge' ? fn.role : null,
        buses: fn.kind === 'pciBridge' ? [fn.secondaryBus, fn.subordinateBus] : null,
        bars: hasRegions
          ? []
          : fn.bars
              .filter((bar) => bar.type !== 'rom' && bar.start !== null)
              .map(({ index, type, prefetchable, start }) => ({ index, type, prefetchable, start })),
        resizable: fn.bars.map((bar) => bar.resizableBytes).filter((sizes) => sizes !== null),
      }));
    expect(essence(dump)).toEqual(essence(decoded));
  });

  it.each(describedIn('text', /^lspci-vv\.from/).map((name) => name.replace('lspci-vv.from-', '').replace('.txt', '')))(
    '%s is the same tree with the same memory BARs from -vv, -tv and the snapshot',
    (name) => {
      const snapshot = machineOf(`fsroot/${name}.tar.gz`);
      const listed = machineOf(`text/lspci-vv.from-${name}.txt`);
      const drawn = machineOf(`text/lspci-tv.from-${name}.txt`);
      const place = (topology: Topology) =>
        functionsOf(topology)
          .map((fn) => `${fn.bdf} below ${fn.parent ?? ''}`)
          .sort();
      expect(place(listed)).toEqual(place(snapshot));
      expect(place(drawn)).toEqual(place(snapshot));
      const bars = (topology: Topology) =>
        functionsOf(topology)
          .flatMap((fn) =>
            fn.bars
              .filter((bar) => bar.index < 6 && bar.type !== 'io')
              .map(
                (bar) =>
                  `${fn.bdf} ${bar.index} ${bar.type} ${bar.bytes} ${bar.start ?? 'unassigned'} ${bar.prefetchable}`,
              ),
          )
          .sort();
      expect(bars(listed)).toEqual(bars(snapshot));
      expect(
        functionsOf(listed)
          .map((fn) => [fn.bdf, fn.vendor, fn.device, fn.class])
          .sort(),
      ).toEqual(
        functionsOf(snapshot)
          .map((fn) => [fn.bdf, fn.vendor, fn.device, fn.class])
          .sort(),
      );
    },
  );

  it('tells a link that runs below what it can', () => {
    const [gpu] = objectsOf(machineOf('text/lspci-vv.rtx6000ada-genoa-complete-regions.txt'), 'pciFunction');
    expect(gpu?.link).toEqual({ currentSpeed: 2.5, currentWidth: 16, maxSpeed: 16, maxWidth: 16, statedGBs: null });
    expect(gpu?.bars.map((bar) => [bar.index, bar.type, bar.bytes])).toEqual([
      [0, 'mem32', 2 ** 24],
      [1, 'mem64', 2 ** 36],
      [3, 'mem64', 2 ** 25],
      [5, 'io', 128],
      [6, 'rom', 2 ** 19],
    ]);
  });

  it('offers the sizes of a resizable BAR', () => {
    const [gpu] = objectsOf(machineOf('text/lspci-dump.cap-rebar.txt'), 'pciFunction');
    expect(gpu?.bars.find((bar) => bar.resizableBytes !== null)?.resizableBytes).toContain(2 ** 30);
  });

  it('reads a listing without any of its lines gone wrong when any one line is taken away', () => {
    const lines = new TextDecoder().decode(bytesOf('text/lspci-tv.from-32intel64-2p8co2t+8ve.txt')).split('\n');
    for (let gone = 0; gone < lines.length; gone += 1) {
      const result = readTopology('tv', new TextEncoder().encode(lines.filter((_, i) => i !== gone).join('\n')));
      expect(result.ok).toBe(true);
    }
  });
});

it('a BAR that a damaged listing has twice is one', () => {
  const result = readTopology(
    'twice.txt',
    new TextEncoder().encode(
      '01:00.0 VGA compatible controller [0300]: x\n\tRegion 1: Memory at 3f000000000 (64-bit, prefetchable) [size=64G]\n\tRegion 1: Memory at 3e000000000 (64-bit, prefetchable) [size=32G]\n',
    ),
  );
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  expect(objectsOf(result.value, 'pciFunction')[0]?.bars.map(({ bytes }) => bytes)).toEqual([2 ** 36]);
  expect(result.value.warnings.map(({ message }) => message)).toContainEqual(
    '0000:01:00.0 lists a BAR twice: the first one stands',
  );
});
