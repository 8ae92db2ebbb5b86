/** Peer-to-peer rules broken on purpose: every row of the decision table is seen to fail by one of them. */
import { describe, expect, it } from 'vitest';
import { decidePeer, type PciNode, type PciTree, type PeerDecision } from '../engine/fabric/p2pdma.ts';
import { distanceMany, findProvider, mapType, type Decide } from '../engine/fabric/p2p-distance.ts';
import { pciTree } from '../engine/fabric/peers.ts';
import type { OpResult } from '../engine/event.ts';
import { operations, type Op } from '../engine/operations.ts';
import type { RuleTable } from '../engine/step.ts';
import { ok, type Tx } from '../engine/tx.ts';
import type { World } from '../model/world.ts';
import { peerCases } from './peer-cases.ts';

type OpOf<N extends Op['op']> = Extract<Op, { op: N }>;

/** The three questions, asked of a broken decision. */
function rulesBy(decide: Decide): RuleTable {
  return {
    ...operations,
    p2pMapType: {
      rule: (tx: Tx, op: OpOf<'p2pMapType'>): OpResult => {
        mapType(tx, op.provider, op.client, null, decide);
        return ok;
      },
    },
    p2pDistance: {
      rule: (tx: Tx, op: OpOf<'p2pDistance'>): OpResult => {
        distanceMany(tx, op.provider, op.clients, null, decide);
        return ok;
      },
    },
    p2pFind: {
      rule: (tx: Tx, op: OpOf<'p2pFind'>): OpResult => {
        findProvider(tx, op.clients, op.seed, null, decide);
        return ok;
      },
    },
  };
}

/** Decides on a tree that a broken rule sees wrongly, or says something else of the decision. */
const decideOn =
  (
    tree: (tree: PciTree, world: World) => PciTree,
    after: (decision: PeerDecision) => PeerDecision = (decision) => decision,
  ): Decide =>
  (world, provider, client) => {
    const broken = tree(pciTree(world), world);
    const [a, b] = [broken.node(provider), broken.node(client)];
    if (a === null || b === null) throw new Error(`${provider} or ${client} is no PCI function`);
    return after(decidePeer(broken, a, b));
  };

const nodes =
  (change: (node: PciNode, world: World) => PciNode) =>
  (tree: PciTree, world: World): PciTree => ({
    ...tree,
    node: (name) => {
      const node = tree.node(name);
      return node === null ? null : change(node, world);
    },
  });
const asItIs = (tree: PciTree): PciTree => tree;
const named = { vendor: 0x8086, devfn: 0, isRootPort: false };

/** An operation asked with other arguments. */
const asked = <N extends Op['op']>(name: N, change: (op: OpOf<N>) => Partial<OpOf<N>>): RuleTable => ({
  ...operations,
  [name]: {
    // One of so many operations is too much for the type checker to compare with the union of all of them.
    rule: (tx: Tx, op: OpOf<N>): OpResult =>
      (operations[name].rule as (tx: Tx, op: object) => OpResult)(tx, { ...(op as object), ...(change(op) as object) }),
  },
});

/** What an event of some rule says is something else. */
function saying(rule: string, args: Readonly<Record<string, string | number>>): RuleTable {
  const wrapped = Object.entries(operations).map(([name, definition]) => [
    name,
    {
      rule: (tx: Tx, op: Op): OpResult => {
        const { emit } = tx;
        tx.emit = function lying(this: Tx, head, write) {
          const said = head.rule === rule ? { ...head, args: { ...head.args, ...args } } : head;
          return emit.call(this, said, write);
        };
        return (definition.rule as (tx: Tx, op: Op) => OpResult)(tx, op);
      },
    },
  ]);
  return Object.fromEntries(wrapped) as RuleTable;
}

const mutations: Readonly<Record<string, { readonly breaks: readonly string[]; readonly rules: RuleTable }>> = {
  'ACS is not looked at': {
    breaks: ['4', '5', '6', '7'],
    rules: rulesBy(decideOn(nodes((node) => ({ ...node, acsCtrl: null })))),
  },
  'any ACS bit redirects': {
    breaks: ['8'],
    rules: rulesBy(decideOn(nodes((node) => ({ ...node, acsCtrl: (node.acsCtrl ?? 0) === 0 ? 0 : 0x04 })))),
  },
  'only RR redirects': {
    breaks: ['7'],
    rules: rulesBy(
      decideOn(nodes((node) => ({ ...node, acsCtrl: node.acsCtrl === null ? null : node.acsCtrl & 0x04 }))),
    ),
  },
  'no CPU forwards': {
    breaks: ['5', '15'],
    rules: rulesBy(decideOn((tree) => ({ ...tree, cpuForwardsPeers: false }))),
  },
  'every CPU forwards': {
    breaks: ['4', '9', '12', '14', '25'],
    rules: rulesBy(decideOn((tree) => ({ ...tree, cpuForwardsPeers: true }))),
  },
  'no host bridge is trusted': {
    breaks: ['6', '7', '10', '11', '13', '16', '17', '20', '21'],
    rules: rulesBy(decideOn((tree) => ({ ...tree, rootDevice: () => null }))),
  },
  'every host bridge is trusted': {
    breaks: ['4', '9', '12', '14', '25'],
    rules: rulesBy(decideOn((tree) => ({ ...tree, rootDevice: () => ({ ...named, device: 0x09a2 }) }))),
  },
  'host bridges that are trusted below themselves only are not trusted at all': {
    breaks: ['7', '11'],
    rules: rulesBy(
      decideOn((tree) => ({
        ...tree,
        rootDevice: (name) => {
          const root = tree.rootDevice(name);
          return root?.device === 0x2f00 ? null : root;
        },
      })),
    ),
  },
  'two host bridges count as one': {
    breaks: ['12', '14'],
    rules: rulesBy(
      decideOn(nodes((node, world) => ({ ...node, hostBridge: Object.keys(world.records.hostBridge)[0] ?? '' }))),
    ),
  },
  'an endpoint knows no bridge above it': {
    breaks: ['2', '3', '18', '19', '20'],
    rules: rulesBy(
      decideOn(
        nodes((node, world) => (world.records.pci[node.bdf]?.role === 'endpoint' ? { ...node, upstream: null } : node)),
      ),
    ),
  },
  'the way up ends at the first switch': {
    breaks: ['16', '17', '18', '19'],
    rules: rulesBy(
      decideOn(
        nodes((node, world) => (world.records.pci[node.bdf]?.role === 'upstream' ? { ...node, upstream: null } : node)),
      ),
    ),
  },
  'a virtual function has no way up': {
    breaks: ['28'],
    rules: rulesBy(
      decideOn(
        nodes((node, world) =>
          (world.records.pci[node.bdf]?.physicalFunction ?? null) === null ? node : { ...node, upstream: null },
        ),
      ),
    ),
  },
  'a distance is one more': {
    breaks: ['1', '2', '3', '10', '16', '17', '18', '19', '20', '21', '24', '27', '28'],
    rules: rulesBy(decideOn(asItIs, (decision) => ({ ...decision, distance: (decision.distance ?? 0) + 1 }))),
  },
  'what was never registered is supported': {
    breaks: ['22'],
    rules: saying('p2p.mapType.notRegistered', { mapType: 'BUS_ADDR' }),
  },
  'what is no PCI function is supported': {
    breaks: ['23'],
    rules: saying('p2p.mapType.notPci', { mapType: 'THRU_HOST_BRIDGE' }),
  },
  'only the last client counts': {
    breaks: ['24'],
    rules: asked('p2pDistance', (op) => ({ clients: op.clients.slice(-1) })),
  },
  'only the first client counts': {
    breaks: ['25'],
    rules: asked('p2pDistance', (op) => ({ clients: op.clients.slice(0, 1) })),
  },
  'no client at all is no distance at all': {
    breaks: ['26'],
    rules: saying('p2p.distance.noClients', { distance: 0 }),
  },
  'the first of equals is taken': { breaks: ['27'], rules: asked('p2pFind', () => ({ seed: 0 })) },
  'an I/O BAR is taken for memory': { breaks: ['R1'], rules: asked('p2pRegister', () => ({ bar: 0 })) },
  'an offset at the end is taken for the start': {
    breaks: ['R2'],
    rules: asked('p2pRegister', (op) => ({ offset: op.offset % 0x100_0000 })),
  },
  'the last byte of a BAR is left out': {
    breaks: ['R3'],
    rules: asked('p2pRegister', (op) => ({ bytes: op.bytes + 1 })),
  },
  'a byte past the end is let through': {
    breaks: ['R4'],
    rules: asked('p2pRegister', (op) => ({ bytes: op.bytes - 1 })),
  },
  'no size is no byte': { breaks: ['R5'], rules: asked('p2pRegister', (op) => ({ bytes: op.bytes || 1 })) },
};

const results = (rules: RuleTable): ReadonlyMap<string, boolean> =>
  new Map(peerCases(rules).map(({ id, run }) => [id.slice('p2pdma/'.length), run().ok]));

describe('a peer-to-peer rule broken on purpose', () => {
  it.each(Object.entries(mutations))('%s: the rows that depend on it notice', (_, { breaks, rules }) => {
    const found = results(rules);
    expect(breaks.filter((row) => found.get(row) !== false)).toEqual([]);
  });

  it('is noticed by every row for at least one rule', () => {
    const covered = new Set(Object.values(mutations).flatMap(({ breaks }) => breaks));
    expect([...results(operations).keys()].filter((row) => !covered.has(row))).toEqual([]);
  });

  it('is what makes them fail: with all rules whole, every row holds', () => {
    expect([...results(rulesBy(decideOn(asItIs))).values()].every((held) => held)).toBe(true);
  });
});
