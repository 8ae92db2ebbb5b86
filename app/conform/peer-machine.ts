/** Small PCIe trees as machines: the topologies of the peer-to-peer decision table. */
import { acsBits } from '../engine/fabric/p2pdma.ts';
import { initialWorld } from '../engine/initial-world.ts';
import { shortNames } from '../model/short-names.ts';
import type {
  Acs,
  Bar,
  CpuPackage,
  HostBridge,
  Machine,
  PciFunction,
  Topology,
  TopologyObject,
} from '../model/topology.ts';
import type { World } from '../model/world.ts';
import { engineSpec } from '../scenario/engine-spec.ts';
import { hostBridgeId, pciBridge, pciFunction, pciId } from '../topology/pci.ts';

/**
 * Host kinds of the table. Z: AMD Zen or later; W: an Intel host bridge trusted for any placement; S: one trusted for
 * functions below the same host bridge only; U: one that is not listed.
 */
export type Host = 'Z' | 'W' | 'S' | 'U';

const firstDevices: { readonly [H in Host]: { readonly vendor: number; readonly device: number } } = {
  Z: { vendor: 0x1022, device: 0x1480 },
  W: { vendor: 0x8086, device: 0x09a2 },
  S: { vendor: 0x8086, device: 0x2f00 },
  U: { vendor: 0x8086, device: 0x1234 },
};

/** A part of a tree, by the name that a case uses for it. */
export type Part =
  | {
      readonly kind: 'rootPort' | 'downstream';
      readonly name: string;
      readonly acs: number;
      readonly below: readonly Part[];
    }
  | { readonly kind: 'switch'; readonly name: string; readonly ports: readonly Part[] }
  | {
      readonly kind: 'endpoint';
      readonly name: string;
      readonly functions: readonly string[];
      readonly virtual: boolean;
    };

type AcsBit = keyof typeof acsBits;
const controlOf = (bits: readonly AcsBit[]): number => bits.reduce((all, bit) => all | acsBits[bit], 0);

export const rp = (name: string, ...below: readonly Part[]): Part => ({ kind: 'rootPort', name, acs: 0, below });
export const sw = (name: string, ...ports: readonly Part[]): Part => ({
  kind: 'switch',
  name,
  ports: ports.map((part, i) =>
    part.kind === 'downstream' ? part : { kind: 'downstream', name: `${name}.${i}`, acs: 0, below: [part] },
  ),
});
/** A downstream port of a switch with ACS bits set, and what is below it. */
export const port = (name: string, bits: readonly AcsBit[], ...below: readonly Part[]): Part => ({
  kind: 'downstream',
  name,
  acs: controlOf(bits),
  below,
});
/** An endpoint; several functions where it has several names. */
export const ep = (...functions: readonly string[]): Part => ({
  kind: 'endpoint',
  name: functions[0] ?? '',
  functions,
  virtual: false,
});
/** A physical function with one virtual function, which has the name. */
export const vf = (name: string): Part => ({ kind: 'endpoint', name, functions: [name], virtual: true });

export interface PeerMachine {
  readonly world: World;
  /** What the world calls a part. */
  readonly at: (name: string) => string;
}

const from = [] as const;
const hex = (n: number): string => n.toString(16).padStart(2, '0');
const aperture = 0x40_0000_0000;
const barBytes = 0x100_0000;

class Grower {
  readonly objects: TopologyObject[] = [];
  readonly ids = new Map<string, string>();
  #bus = 0;
  #bars = 0;

  host(index: number, kind: Host, below: readonly Part[]): void {
    const bus = index * 0x40;
    this.#bus = bus;
    const id = hostBridgeId(0, bus);
    const { vendor, device } = firstDevices[kind];
    const bridge: HostBridge = {
      kind: 'hostBridge',
      id,
      parent: 'package:0',
      name: null,
      facts: {},
      from,
      domain: 0,
      rootBus: bus,
      lastBus: bus + 0x3f,
      numaNode: null,
      firstDevice: { devfn: 0, vendor, device, isRootPort: false },
      windows: [{ type: 'prefetch', start: aperture, end: aperture * 2 }],
      keepsFirmwareSetup: null,
    };
    this.objects.push(bridge);
    below.forEach((part, slot) => this.#part(part, id, bus, slot + 1));
  }

  #part(part: Part, parent: string, bus: number, slot: number): void {
    const bdf = (fn: number): string => `0000:${hex(bus)}:${hex(slot)}.${fn}`;
    if (part.kind === 'endpoint') this.#endpoint(part, parent, bdf);
    else if (part.kind === 'switch') {
      const inside = this.#bridge(part.name, parent, bdf(0), 'upstream', 0);
      part.ports.forEach((each, i) => this.#part(each, inside.id, inside.bus, i));
    } else {
      const inside = this.#bridge(part.name, parent, bdf(0), part.kind, part.acs);
      part.below.forEach((each, i) => this.#part(each, inside.id, inside.bus, i));
    }
  }

  #bridge(
    name: string,
    parent: string,
    bdf: string,
    role: 'rootPort' | 'upstream' | 'downstream',
    control: number,
  ): { readonly id: string; readonly bus: number } {
    this.#bus += 1;
    const acs: Acs = role === 'upstream' ? { kind: 'absent' } : { kind: 'present', capability: 0x7f, control };
    this.objects.push(pciBridge({ bdf, parent, from, role, acs, secondaryBus: this.#bus }));
    this.ids.set(name, pciId(bdf));
    return { id: pciId(bdf), bus: this.#bus };
  }

  #endpoint(part: Extract<Part, { kind: 'endpoint' }>, parent: string, bdf: (fn: number) => string): void {
    part.functions.forEach((name, fn) => {
      this.#function(bdf(fn), parent, {});
      this.ids.set(name, pciId(bdf(fn)));
    });
    if (!part.virtual) return;
    this.#function(bdf(1), parent, { physicalFunction: pciId(bdf(0)) });
    this.ids.set(part.name, pciId(bdf(1)));
  }

  #function(bdf: string, parent: string, more: Partial<Pick<PciFunction, 'physicalFunction'>>): void {
    const start = aperture + this.#bars * barBytes;
    this.#bars += 1;
    const memory: Bar = {
      index: 0,
      type: 'mem64',
      prefetchable: true,
      bytes: barBytes,
      start,
      assigned: true,
      resizableBytes: null,
      backing: null,
    };
    const io: Bar = {
      ...memory,
      index: 2,
      type: 'io',
      prefetchable: false,
      bytes: 256,
      start: 0x1000 + 256 * this.#bars,
    };
    this.objects.push(
      pciFunction({
        bdf,
        parent,
        from,
        deviceKind: 'accelerator',
        acs: { kind: 'absent' },
        bars: [memory, io],
        ...more,
      }),
    );
  }
}

/** A machine with one root complex for each row; the CPU is AMD Zen where a row says Z. */
export function peerMachine(...hosts: readonly (readonly [Host, ...(readonly Part[])])[]): PeerMachine {
  const machine: Machine = {
    kind: 'machine',
    id: 'machine',
    parent: null,
    name: null,
    facts: {},
    from,
    architecture: null,
  };
  const zen = hosts.some(([kind]) => kind === 'Z');
  const cpu: CpuPackage = {
    kind: 'package',
    id: 'package:0',
    parent: 'machine',
    name: null,
    facts: {},
    from,
    osIndex: 0,
    vendor: zen ? 'amd' : 'intel',
    family: zen ? 0x17 : 6,
    model: null,
  };
  const grower = new Grower();
  hosts.forEach(([kind, ...below], i) => grower.host(i, kind, below));
  const topology: Topology = {
    title: null,
    sources: [],
    objects: [
      machine,
      cpu,
      {
        kind: 'numaNode',
        id: 'numa:0',
        parent: 'package:0',
        name: null,
        facts: {},
        from,
        osIndex: 0,
        memoryKind: 'dram',
        memoryKindInferred: null,
        bytes: 2 ** 30,
        cpus: null,
        nearCpus: null,
        registration: 'system',
      },
      ...grower.objects,
      {
        kind: 'osDevice',
        id: 'os:platform0',
        parent: 'machine',
        name: 'platform0',
        facts: {},
        from,
        classes: ['other'],
        subtype: null,
      },
    ],
    links: [],
    matrices: [],
    memoryAttributes: [],
    addressRanges: [],
    policy: { cpuForwardsPeers: null, iommu: true },
    tells: [],
    warnings: [],
    conflicts: [],
  };
  const { devices } = shortNames(topology);
  return {
    world: initialWorld(engineSpec(topology)),
    at: (name) => {
      const id = grower.ids.get(name);
      return id === undefined ? name : (devices.get(id) ?? id);
    },
  };
}
