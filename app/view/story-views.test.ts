/** What a step does, in words and lines: events, causes, relations, counters. */
import { describe, expect, it } from 'vitest';
import type { GraphEdge } from '../contract/frame.ts';
import { checkInvariants } from '../engine/invariants.ts';
import type { History } from '../engine/history.ts';
import type { OpInput } from '../engine/operations.ts';
import { addEvent, countersView, noTally } from './counters-view.ts';
import { eventRow } from './event-view.ts';
import { processNodes } from './process-view.ts';
import { actions, mappings, route, type NodeNames } from './relations-view.ts';
import { played } from './testing/played.ts';
import { whyView } from './why-view.ts';

const wire = (id: string, source: string, target: string): GraphEdge => ({
  id,
  source,
  target,
  kind: 'pcie',
  label: null,
  bandwidthGBs: null,
  latencyNs: null,
  degraded: null,
});
const edges = [wire('ddr', 'cpu', 'dram'), wire('root', 'cpu', 'bridge'), wire('slot', 'bridge', 'gpu')];
const names: NodeNames = {
  device: new Map([['gpu0', 'gpu']]),
  pool: new Map([
    ['dram0', 'dram'],
    ['gpu0.vram', 'vram'],
  ]),
  cpu: 'cpu',
  anchor: new Map([['vram', 'gpu']]),
};

const last = (history: History) => history.transactions[history.transactions.length - 1]?.events ?? [];
const rowsOf = (history: History): readonly string[] =>
  last(history).map((event, i) => {
    const row = eventRow(history.last, event, i, 0);
    return `${row.cause ?? '-'} ${row.by}: ${row.title}${row.where === null ? '' : ` ${row.where}`}${row.detail === '' ? '' : ` (${row.detail})`}`;
  });

describe('events as rows', () => {
  it('say who, what, where and because of what', () => {
    const history = played([
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'write', by: 'A', place: 'A.heap[0]', value: 8 },
    ]);
    expect(rowsOf(history)).toEqual([
      '- A: CPU fault A.heap[0] (write, present, but not permitted)',
      '0 A: write-protect fault A.heap[0]',
      '1 A: COW copy A.heap[0]',
      '2 A: invalidate start A.heap[0] (CLEAR)',
      '3 driver:gpu0: device forgets gpu0:A A.heap[0] (CLEAR)',
      '2 A: entry replaced A.heap[0]',
      '2 A: invalidate end A.heap[0] (CLEAR)',
      '- A: accessed A.heap[0] (write)',
      '- A: CPU write A.heap[0] (value 8)',
    ]);
  });
});

describe('why', () => {
  it('puts the operation before the chain of causes, and names what to read', () => {
    const history = played([{ op: 'write', by: 'A', place: 'A.heap[5]', value: 8 }]);
    const events = last(history);
    const chain = [0, 1].map((event) => ({ step: 0, event, what: events[event]! }));
    const view = whyView('Why?', history.last, chain, 'A: write A.heap[5] value 8');
    expect(view.lines.map((line) => line.text)).toEqual([
      'A: write A.heap[5] value 8',
      'A: CPU fault A.heap[5] (write)',
      'A: anonymous page A.heap[5] (write)',
    ]);
    expect(view.read).toEqual(['handle_mm_fault', 'do_anonymous_page']);
  });
});

describe('relations', () => {
  const related = (ops: readonly OpInput[]): readonly string[] => {
    const history = played(ops);
    return [
      ...mappings(history.last, names, checkInvariants(history.last)),
      ...actions(history.last, last(history), names, edges),
    ].map(
      (r) =>
        `${r.kind} ${r.source} -> ${r.target}: ${r.label}${r.route.length === 0 ? '' : ` by ${r.route.join(', ')}`}`,
    );
  };

  it('show a mirror as a line from the device to the process', () => {
    expect(related([{ op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0..3]' }])).toEqual([
      'mirror gpu -> process:A: mirrors 3 pages',
    ]);
  });

  it('carry a migration along the wires, and the invalidation from the kernel to the mirror', () => {
    expect(related([{ op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap[0..4]' }])).toEqual([
      'mirror gpu -> process:A: mirrors 4 pages',
      'invalidate cpu -> gpu: MIGRATE A.heap[0..4) by root, slot',
      'transfer dram -> vram: 4 pages · 16 KiB to device memory by ddr, root, slot',
    ]);
  });

  it('add up what one operation moves block by block', () => {
    const ops: readonly OpInput[] = [
      { op: 'mmap', by: 'A', as: 'big', pages: 1200 },
      { op: 'write', by: 'A', place: 'A.big', value: 1 },
      { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.big' },
    ];
    expect(related(ops)).toContain('transfer dram -> vram: 1200 pages · 4.7 MiB to device memory by ddr, root, slot');
  });

  it('stop a refusal at the rule that refused', () => {
    expect(
      related([
        { op: 'mprotect', by: 'A', place: 'A.heap', prot: 'r--' },
        { op: 'deviceWrite', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]', value: 1 },
      ]),
    ).toContainEqual(expect.stringMatching(/^refused gpu -> process:A: EPERM · /));
  });

  it('call a mapping stale that an invariant caught', () => {
    expect(
      related([
        { op: 'close', by: 'A', context: 'gpu0:A' },
        { op: 'open', by: 'A', device: 'gpu0', notifier: false },
        { op: 'rawMap', by: 'd', context: 'gpu0:A', place: 'A.heap[0]' },
        { op: 'fork', by: 'A', child: 'B' },
      ]),
    ).toEqual(['maps gpu -> process:A: 1 page, stale']);
  });

  it('have no route where no wire leads', () => {
    expect(route(edges, 'dram', 'gpu')).toEqual(['ddr', 'root', 'slot']);
    expect(route(edges, 'dram', 'nic')).toEqual([]);
  });
});

describe('counters', () => {
  it('tell what is held now and what it took so far', () => {
    const history = played([
      { op: 'deviceRead', by: 'gpu0', context: 'gpu0:A', place: 'A.heap[0]' },
      { op: 'migrateToDevice', by: 'driver:gpu0', context: 'gpu0:A', place: 'A.heap[0..3]' },
      { op: 'read', by: 'A', place: 'A.heap[1]' },
      { op: 'pin', by: 'kernel', place: 'A.heap[3]' },
    ]);
    const tally = history.transactions.flatMap((t) => t.events).reduce(addEvent, noTally);
    expect(countersView(history.last, tally).map((f) => `${f.label}: ${f.value}`)).toEqual([
      'RSS of A: 4 pages',
      'used in dram0: 2 frames',
      'used in gpu0.vram: 2 frames',
      'pinned: 1 frame',
      'notifier sequence of A: 6',
      'CPU faults so far: 5',
      'device faults so far: 1',
      'mirrors told to forget: 0',
      'copied so far: 16 KiB',
      'refused so far: 0',
    ]);
  });
});

describe('processes', () => {
  it('are nodes with their buffers as strips; one that exited says so', () => {
    const history = played([
      { op: 'fork', by: 'A', child: 'B' },
      { op: 'exit', by: 'B' },
    ]);
    expect(
      processNodes(history.last).map(
        (n) => `${n.title}: ${n.subtitle}; ${n.strips.map((s) => `${s.id} ${s.pages}`).join()}`,
      ),
    ).toEqual([
      'Process A: pid 4711 · 4 pages resident; space:A.heap 8',
      'Process B: pid 4712 · exited; space:B.heap 8',
    ]);
  });
});
