/**
 * The peer-to-peer decision table (semantics 5.3): 28 topologies and 5 registrations, each carried out as the
 * operations of a driver: register memory, ask for the type and the distance, map it for DMA.
 */
import { operations, type OpInput } from '../engine/operations.ts';
import type { RuleTable, Transaction } from '../engine/step.ts';
import { caseOf, expectEqual, type Case } from './case.ts';
import { Machine, outcome } from './machine.ts';
import { ep, peerMachine, port, rp, sw, vf, type Host, type Part, type PeerMachine } from './peer-machine.ts';

type MapType = 'BUS_ADDR' | 'THRU_HOST_BRIDGE' | 'NOT_SUPPORTED';

const by = 'driver:accel0';

/** What the last event of a kind says. */
function said(transaction: Transaction, kind: string, key: string): unknown {
  return transaction.events.findLast((event) => event.kind === kind)?.args[key];
}

class Bench {
  readonly #machine: Machine;
  constructor(
    readonly tree: PeerMachine,
    rules: RuleTable,
  ) {
    this.#machine = new Machine(tree.world, undefined, rules);
  }

  do(op: OpInput): Transaction {
    return this.#machine.do(op);
  }

  register(provider: string): Transaction {
    return this.do({ op: 'p2pRegister', by, provider: this.tree.at(provider), bar: 0 });
  }

  mapType(provider: string, client: string): unknown {
    const asked = this.do({ op: 'p2pMapType', by, provider: this.tree.at(provider), client: this.tree.at(client) });
    return said(asked, 'p2pMapTypeFound', 'mapType');
  }

  distance(provider: string, clients: readonly string[]): unknown {
    const asked = this.do({
      op: 'p2pDistance',
      by,
      provider: this.tree.at(provider),
      clients: clients.map(this.tree.at),
    });
    return said(asked, 'p2pDistance', 'distance');
  }

  /** How far the pair is, whether it may or not. */
  hops(provider: string, client: string): unknown {
    const asked = this.do({
      op: 'p2pDistance',
      by,
      provider: this.tree.at(provider),
      clients: [this.tree.at(client)],
    });
    return said(asked, 'p2pMapTypeComputed', 'distance');
  }

  /** How a DMA mapping of the provider's memory ends: its target and whether the IOMMU has entries, or the errno. */
  dma(provider: string, client: string): unknown {
    this.do({ op: 'p2pAlloc', by, provider: this.tree.at(provider), as: 'ring', bytes: 65536 });
    const mapped = this.do({ op: 'dmaMap', by, client: this.tree.at(client), memory: 'ring', as: 'peer' });
    const end = outcome(mapped);
    if (end !== 'ok') return end;
    return [said(mapped, 'dmaMapped', 'target'), said(mapped, 'dmaMapped', 'iommuPages') !== 0];
  }

  find(clients: readonly string[], seed: number): unknown {
    return said(
      this.do({ op: 'p2pFind', by, clients: clients.map(this.tree.at), seed }),
      'p2pProviderFound',
      'provider',
    );
  }
}

const dmaOf: { readonly [T in MapType]: unknown } = {
  BUS_ADDR: ['PEER_BUS', false],
  THRU_HOST_BRIDGE: ['PEER_HOST', true],
  NOT_SUPPORTED: 'EREMOTEIO',
};

/** One row of the table: provider EP0, client EP1 unless told otherwise. */
interface Row {
  readonly tree: PeerMachine;
  readonly client?: string;
  readonly type: MapType;
  readonly distance: number;
}

function checkRow({ tree, client = 'EP1', type, distance }: Row, rules: RuleTable): void {
  const bench = new Bench(tree, rules);
  expectEqual('registration', outcome(bench.register('EP0')), 'ok');
  expectEqual('map type', bench.mapType('EP0', client), type);
  expectEqual('hops', bench.hops('EP0', client), distance);
  expectEqual('distance of all', bench.distance('EP0', [client]), type === 'NOT_SUPPORTED' ? -1 : distance);
  expectEqual('DMA', bench.dma('EP0', client), dmaOf[type]);
}

const oneSwitch = (host: Host): PeerMachine => peerMachine([host, rp('RP0', sw('SW0', ep('EP0'), ep('EP1')))]);
const redirected = (host: Host): PeerMachine =>
  peerMachine([host, rp('RP0', sw('SW0', ep('EP0'), port('P1', ['RR'], ep('EP1'))))]);
const twoPorts = (host: Host): PeerMachine => peerMachine([host, rp('RP0', ep('EP0')), rp('RP1', ep('EP1'))]);
const twoHosts = (a: Host, b: Host): PeerMachine => peerMachine([a, rp('RP0', ep('EP0'))], [b, rp('RP1', ep('EP1'))]);
const under = (host: Host, ...parts: readonly Part[]): PeerMachine => peerMachine([host, ...parts]);

/** T1 to T21 and T28: one pair each. */
const rows = (): Readonly<Record<string, Row>> => ({
  1: { tree: under('U', rp('RP0', ep('EP0'))), client: 'EP0', type: 'BUS_ADDR', distance: 0 },
  2: { tree: under('U', rp('RP0', ep('EP0', 'EP1'))), type: 'BUS_ADDR', distance: 2 },
  3: { tree: oneSwitch('U'), type: 'BUS_ADDR', distance: 4 },
  4: { tree: redirected('U'), type: 'NOT_SUPPORTED', distance: 4 },
  5: { tree: redirected('Z'), type: 'THRU_HOST_BRIDGE', distance: 4 },
  6: { tree: redirected('W'), type: 'THRU_HOST_BRIDGE', distance: 4 },
  7: {
    tree: under('S', rp('RP0', sw('SW0', port('P0', ['EC'], ep('EP0')), ep('EP1')))),
    type: 'THRU_HOST_BRIDGE',
    distance: 4,
  },
  8: {
    tree: under('U', rp('RP0', sw('SW0', ep('EP0'), port('P1', ['SV', 'UF', 'DT'], ep('EP1'))))),
    type: 'BUS_ADDR',
    distance: 4,
  },
  9: { tree: twoPorts('U'), type: 'NOT_SUPPORTED', distance: 4 },
  10: { tree: twoPorts('W'), type: 'THRU_HOST_BRIDGE', distance: 4 },
  11: { tree: twoPorts('S'), type: 'THRU_HOST_BRIDGE', distance: 4 },
  12: { tree: twoHosts('S', 'S'), type: 'NOT_SUPPORTED', distance: 4 },
  13: { tree: twoHosts('W', 'W'), type: 'THRU_HOST_BRIDGE', distance: 4 },
  14: { tree: twoHosts('W', 'U'), type: 'NOT_SUPPORTED', distance: 4 },
  15: { tree: twoHosts('Z', 'Z'), type: 'THRU_HOST_BRIDGE', distance: 4 },
  16: {
    tree: under('W', rp('RP0', sw('SW0', ep('EP0'))), rp('RP1', ep('EP1'))),
    type: 'THRU_HOST_BRIDGE',
    distance: 6,
  },
  17: {
    tree: under('W', rp('RP0', sw('SW0', ep('EP0'))), rp('RP1', sw('SW1', ep('EP1')))),
    type: 'THRU_HOST_BRIDGE',
    distance: 8,
  },
  18: { tree: under('U', rp('RP0', sw('SW0', ep('EP0'), sw('SW1', ep('EP1'))))), type: 'BUS_ADDR', distance: 6 },
  19: {
    tree: under('U', rp('RP0', sw('SW0', sw('SW1', ep('EP0')), sw('SW2', ep('EP1'))))),
    type: 'BUS_ADDR',
    distance: 8,
  },
  20: { tree: under('W', ep('EP0'), rp('RP0', ep('EP1'))), type: 'THRU_HOST_BRIDGE', distance: 3 },
  21: { tree: under('W', ep('EP0'), ep('EP1')), type: 'THRU_HOST_BRIDGE', distance: 2 },
  28: { tree: under('U', rp('RP0', sw('SW0', vf('EP0'), vf('EP1')))), type: 'BUS_ADDR', distance: 4 },
});

/** T22 to T27: what is asked of no single pair. */
const others: Readonly<Record<string, (rules: RuleTable) => void>> = {
  22: (rules) => {
    const bench = new Bench(oneSwitch('Z'), rules);
    expectEqual('map type without registered memory', bench.mapType('EP0', 'EP1'), 'NOT_SUPPORTED');
  },
  23: (rules) => {
    const bench = new Bench(oneSwitch('Z'), rules);
    bench.register('EP0');
    expectEqual('map type of a platform device', bench.mapType('EP0', 'platform0'), 'NOT_SUPPORTED');
    expectEqual('its distance', bench.distance('EP0', ['platform0']), -1);
  },
  24: (rules) => {
    const bench = new Bench(oneSwitch('U'), rules);
    bench.register('EP0');
    expectEqual('distance of both', bench.distance('EP0', ['EP1', 'EP0']), 4);
  },
  25: (rules) => {
    const tree = peerMachine(['U', rp('RP0', sw('SW0', ep('EP0'), ep('EP1')))], ['U', rp('RP1', ep('EPx'))]);
    const bench = new Bench(tree, rules);
    bench.register('EP0');
    expectEqual('distance of both', bench.distance('EP0', ['EP1', 'EPx']), -1);
  },
  26: (rules) => {
    const bench = new Bench(oneSwitch('U'), rules);
    bench.register('EP0');
    expectEqual('distance of none', bench.distance('EP0', []), -1);
  },
  // A provider on the client's switch is at 4, one across root ports of a client below a switch at 6: equals are two
  // providers across root ports of a client without a switch, and two below its switch.
  27: (rules) => {
    const trees = [
      under('W', rp('RP0', ep('EP0')), rp('RP1', ep('P')), rp('RP2', ep('Q'))),
      under('W', rp('RP0', sw('SW0', ep('EP0'), ep('P'), ep('Q'))), rp('RP1', ep('far'))),
    ];
    for (const tree of trees) {
      const bench = new Bench(tree, rules);
      for (const provider of ['P', 'Q', ...(tree === trees[1] ? ['far'] : [])]) {
        bench.register(provider);
        bench.do({ op: 'p2pPublish', by, provider: tree.at(provider) });
      }
      expectEqual('distances', [bench.distance('P', ['EP0']), bench.distance('Q', ['EP0'])], [4, 4]);
      const found = new Set(Array.from({ length: 32 }, (_, seed) => bench.find(['EP0'], seed)));
      expectEqual('chosen under 32 seeds', [...found].sort(), [tree.at('P'), tree.at('Q')].sort());
    }
  },
};

const length = 0x100_0000;
const registrations: Readonly<
  Record<string, { readonly bar: number; readonly bytes: number; readonly offset: number; readonly end: string }>
> = {
  R1: { bar: 2, bytes: 64, offset: 0, end: 'EINVAL' },
  R2: { bar: 0, bytes: 4096, offset: length, end: 'EINVAL' },
  R3: { bar: 0, bytes: length - 4096, offset: 4096, end: 'ok' },
  R4: { bar: 0, bytes: length - 4096 + 1, offset: 4096, end: 'EINVAL' },
  R5: { bar: 0, bytes: 0, offset: 4096, end: 'ok' },
};

function checkRegistration(name: string, rules: RuleTable): void {
  const row = registrations[name];
  if (row === undefined) return;
  const { end, ...part } = row;
  const tree = oneSwitch('U');
  const bench = new Bench(tree, rules);
  const done = bench.do({ op: 'p2pRegister', by, provider: tree.at('EP0'), ...part });
  expectEqual('result', outcome(done), end);
  const memory = done.after.records.p2pMemory[tree.at('EP0')];
  expectEqual('bytes offered', memory?.bytes ?? null, end === 'ok' ? length - 4096 : null);
}

/** The cases by id; a test may give broken rules. */
export function peerCases(rules: RuleTable = operations): readonly Case[] {
  const pairs = Object.entries(rows()).map(([n, row]) => caseOf(`p2pdma/${n}`, () => checkRow(row, rules)));
  const more = Object.entries(others).map(([n, body]) => caseOf(`p2pdma/${n}`, () => body(rules)));
  const ordered = [...pairs, ...more].sort((a, b) => Number(a.id.slice(7)) - Number(b.id.slice(7)));
  return [
    ...ordered,
    ...Object.keys(registrations).map((name) => caseOf(`p2pdma/${name}`, () => checkRegistration(name, rules))),
  ];
}
