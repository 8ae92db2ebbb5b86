/**
 * Queries on a machine with a thousand devices: 2 sockets, 32 host bridges, 128 switches of 8 devices each; half of them
 * GPUs with memory of their own, four and four of which an NVSwitch joins. Target: 50 ms each.
 */
import { fabricOf } from '../../app/engine/fabric/fabric-of.ts';
import { findDevices } from '../../app/engine/fabric/find-device.ts';
import { planPipeline } from '../../app/engine/fabric/pipeline.ts';
import { shortestRoute, widestRoute } from '../../app/engine/fabric/route.ts';
import { memoryTiers, nearestInitiators } from '../../app/engine/fabric/tiers.ts';
import { initialWorld } from '../../app/engine/initial-world.ts';
import type { World } from '../../app/model/world.ts';
import { engineSpec } from '../../app/scenario/engine-spec.ts';
import { parseMemscapeTopology } from '../../app/topology/memscape/read.ts';
import { isMain, median, printRows, type Row } from './measure.ts';

const hex = (n: number): string => n.toString(16).padStart(2, '0');

/** A topology file of the machine, without its text. */
function machine(): unknown {
  const objects: unknown[] = [{ kind: 'machine', id: 'machine' }];
  const links: unknown[] = [];
  for (let s = 0; s < 2; s++) {
    objects.push({ kind: 'package', id: `package:${s}`, vendor: 'intel', family: 6, osIndex: s, cores: 32 });
    objects.push({ kind: 'numaNode', id: `numa:${s}`, parent: `package:${s}`, memoryKind: 'dram', bytes: 2 ** 40 });
    links.push({ kind: 'ddr', between: [`package:${s}`, `numa:${s}`], bandwidthGBs: 300, latencyNs: 90 });
  }
  links.push({ kind: 'upi', between: ['package:0', 'package:1'], bandwidthGBs: 120, latencyNs: 60 });
  const link = { currentSpeed: 32, currentWidth: 16, maxSpeed: 32, maxWidth: 16 };
  for (let h = 0; h < 32; h++) {
    const domain = h.toString(16).padStart(4, '0');
    const parent = `package:${h >> 4}`;
    const firstDevice = { devfn: 0, vendor: 0x8086, device: h % 8 === 7 ? 0x1234 : 0x09a2, isRootPort: false };
    objects.push({
      kind: 'hostBridge',
      id: `hb${h}`,
      parent,
      domain: h,
      rootBus: 0,
      numaNode: `numa:${h >> 4}`,
      firstDevice,
    });
    for (let p = 0; p < 4; p++) {
      const bus = 1 + p * 16;
      const control = (h + p) % 3 === 0 ? 0x1d : 0;
      const bridge = (id: string, above: string, at: string, role: string): void =>
        void objects.push({
          kind: 'pciBridge',
          id,
          parent: above,
          bdf: at,
          role,
          link,
          acs: { capability: 0x7f, control },
        });
      bridge(`rp${h}.${p}`, `hb${h}`, `${domain}:00:${hex(p + 1)}.0`, 'rootPort');
      bridge(`up${h}.${p}`, `rp${h}.${p}`, `${domain}:${hex(bus)}:00.0`, 'upstream');
      for (let d = 0; d < 8; d++) {
        bridge(`dp${h}.${p}.${d}`, `up${h}.${p}`, `${domain}:${hex(bus + 1)}:${hex(d)}.0`, 'downstream');
        const deviceKind = d < 4 ? 'gpu' : d < 6 ? 'nic' : 'accelerator';
        const id = `d${h}.${p}.${d}`;
        const engines =
          deviceKind === 'accelerator'
            ? [{ kind: d === 6 ? 'crypto' : 'ai', throughputGBs: 10 + ((h * 7 + p) % 5) }]
            : undefined;
        objects.push({
          kind: 'pciFunction',
          id,
          parent: `dp${h}.${p}.${d}`,
          bdf: `${domain}:${hex(bus + 2 + d)}:00.0`,
          deviceKind,
          link,
          acs: 'absent',
          iommuGroup: h * 32 + p * 8 + d,
          pasidWidth: (h + d) % 5 === 0 ? 2 : 20,
          atomicsRequester: true,
          ats: true,
          pri: d % 2 === 0,
          ...(engines === undefined ? {} : { engines }),
        });
        if (d > 3 && d !== 7) continue;
        objects.push({
          kind: 'deviceMemory',
          id: `${id}.m`,
          parent: id,
          memoryKind: 'vram',
          bytes: 80 * 2 ** 30,
          registration: 'private',
        });
        links.push({ kind: 'on-package', between: [id, `${id}.m`], bandwidthGBs: 2000, latencyNs: 400 });
      }
      for (let a = 0; a < 4; a++)
        for (let b = a + 1; b < 4; b++)
          links.push({
            kind: 'nvlink',
            between: [`d${h}.${p}.${a}`, `d${h}.${p}.${b}`],
            bandwidthGBs: 300,
            latencyNs: 200,
          });
    }
  }
  return { memscape: 'topology', version: 1, objects, links };
}

export function thousandDevices(): { readonly world: World; readonly buildMs: number } {
  const read = parseMemscapeTopology('thousand.yaml', JSON.stringify(machine()));
  if (!read.ok) throw new Error(JSON.stringify(read.error[0]));
  const from = performance.now();
  fabricOf(read.value);
  const buildMs = performance.now() - from;
  return { world: initialWorld(engineSpec(read.value)), buildMs };
}

export function benchFabric(runs = 15): readonly Row[] {
  const { world, buildMs } = thousandDevices();
  const devices = Object.entries(world.records.pci).filter(([, { role }]) => role === 'endpoint');
  const rows: Row[] = [{ name: `fabric of ${devices.length} devices from its topology`, value: buildMs, unit: 'ms' }];
  const time = (name: string, query: () => unknown): void => {
    const times = Array.from({ length: runs }, () => {
      const from = performance.now();
      query();
      return performance.now() - from;
    });
    rows.push(
      { name: `${name}, first`, value: times[0] ?? 0, unit: 'ms' },
      { name: `${name}, median`, value: median(times), unit: 'ms' },
      { name: `${name}, worst`, value: Math.max(...times), unit: 'ms' },
    );
  };
  time('shortest route gpu0 -> nic255', () => shortestRoute(world, 'gpu0', 'nic255'));
  time('widest route gpu0 -> nic255', () => widestRoute(world, 'gpu0', 'nic255'));
  time('nearest initiators and tiers', () => [nearestInitiators(world, 'dram0'), memoryTiers(world)]);
  time('find a device by all constraints', () =>
    findDevices(world, {
      engine: 'crypto',
      pasids: 8,
      peer: 'nic0',
      memory: { bytes: 2 ** 30, withinNs: 500 },
      atomics: [64],
      ats: true,
      pri: true,
      isolated: true,
      sameHostBridge: 'nic0',
    }),
  );
  time('pipeline nic -> crypto -> cpu -> ai', () =>
    planPipeline(world, [{ engine: 'nic' }, { engine: 'crypto' }, { engine: 'cpu' }, { engine: 'ai' }], 2 ** 24),
  );
  time('pipeline compute -> ai -> compute', () =>
    planPipeline(world, [{ engine: 'compute' }, { engine: 'ai' }, { engine: 'compute' }], 2 ** 24),
  );
  time('pipeline compute -> compute', () =>
    planPipeline(world, [{ engine: 'compute' }, { engine: 'compute' }], 2 ** 24),
  );
  time('pipeline nic -> crypto -> compute -> nic', () =>
    planPipeline(world, [{ engine: 'nic' }, { engine: 'crypto' }, { engine: 'compute' }, { engine: 'nic' }], 2 ** 24),
  );
  return rows;
}

if (isMain(import.meta.url)) printRows(benchFabric());
