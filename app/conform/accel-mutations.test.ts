/** Rules of device nodes broken on purpose: each row of semantics 5.6 is seen to fail. */
import { describe, expect, it } from 'vitest';
import type { OpResult } from '../engine/event.ts';
import { operations, type Op } from '../engine/operations.ts';
import type { RuleTable } from '../engine/step.ts';
import type { EventHead, Tx, Writer } from '../engine/tx.ts';
import { accelCases } from './accel-cases.ts';

type Write = (w: Writer) => void;

interface Mutation {
  readonly breaks: readonly string[];
  /** What becomes of an event: its head and effect, or null where it does not happen. */
  readonly event?: (head: EventHead, write: Write) => readonly [EventHead, Write] | null;
  /** What becomes of an operation: another one, or a result without any effect. */
  readonly op?: (op: Op) => Op | OpResult;
}

function rulesWith({ event, op: change }: Mutation): RuleTable {
  const rules = Object.entries(operations).map(([name, { rule }]) => [
    name,
    {
      rule: (tx: Tx, op: Op): OpResult => {
        const changed = change === undefined ? op : change(op);
        if (!('op' in changed)) return changed;
        const emit = tx.emit.bind(tx);
        if (event !== undefined)
          tx.emit = (head, write = () => undefined) => {
            const next = event(head, write);
            return next === null ? Math.max(0, tx.events.length - 1) : emit(...next);
          };
        return (rule as (tx: Tx, op: Op) => OpResult)(tx, changed);
      },
    },
  ]);
  return Object.fromEntries(rules) as unknown as RuleTable;
}

/** Puts the numbers of a table right after a call, as a wrong container would have left them. */
const afterCall =
  (rule: string, change: (slots: Record<string, unknown>, id: string) => void) =>
  (head: EventHead, write: Write): readonly [EventHead, Write] =>
    head.rule !== rule
      ? [head, write]
      : [
          head,
          (w) => {
            write(w);
            const { table, id } = head.args as { readonly table: string; readonly id: number };
            const container = w.get('minorTable', table);
            if (container === null) return;
            const slots = { ...container.slots };
            change(slots, String(id));
            w.put('minorTable', table, { ...container, slots });
          },
        ];

const mutations: Readonly<Record<string, Mutation>> = {
  'a number is published as soon as it is taken': {
    breaks: ['accel/A1'],
    event: afterCall('minor.alloc', (slots, id) => {
      slots[id] = { pointer: 'npu0' };
    }),
  },
  'register publishes nothing': {
    breaks: ['accel/A2'],
    op: (op) => (op.op === 'drmRegister' ? { ok: true } : op),
  },
  'the node has the major of the graphics nodes': {
    breaks: ['accel/A2'],
    event: (head, write) =>
      head.kind !== 'nodeReserved'
        ? [head, write]
        : [
            head,
            (w) => {
              write(w);
              w.patch('deviceNode', 'accel0', { major: 226 });
            },
          ],
  },
  'unregister frees the number': {
    breaks: ['accel/A3'],
    event: afterCall('minor.store', (slots, id) => {
      if (slots[id] === 'reserved') delete slots[id];
    }),
  },
  'unregister leaves the device behind its number': {
    breaks: ['accel/A3'],
    event: (head, write) => (head.rule === 'minor.store' && head.args?.['pointer'] === null ? null : [head, write]),
  },
  'the last put keeps the number': {
    breaks: ['accel/A4'],
    event: (head, write) => (head.rule === 'minor.erase' ? null : [head, write]),
  },
  'the table of the IDR era is an XArray': {
    breaks: ['accel/A5'],
    op: (op) => (op.op === 'minorTable' && op.container === 'idr' ? { ...op, container: 'xarrayAlloc' } : op),
  },
  'the table is a plain XArray': {
    breaks: ['accel/A6'],
    op: (op) => (op.op === 'minorTable' ? { ...op, container: 'xarray' } : op),
  },
  'storing NULL frees the number': {
    breaks: ['accel/A6'],
    event: afterCall('minor.store', (slots, id) => {
      delete slots[id];
    }),
  },
  'a mask is read one bit too high': {
    breaks: ['accel/A7'],
    op: (op) => (op.op === 'rasOffer' ? { ...op, mask: op.mask << 1 } : op),
  },
  'an id without a counter is answered with 0': {
    breaks: ['accel/A8'],
    op: (op) => (op.op === 'rasGet' && op.counter === 2 ? { ok: true } : op),
  },
  'a dump lists every id of the range': {
    breaks: ['accel/A8'],
    event: (head, write) =>
      head.rule === 'ras.dump'
        ? [{ ...head, args: { ...head.args, counters: [1, 2, 3].map((id) => ({ id, name: '', value: 0 })) } }, write]
        : [head, write],
  },
};

const failed = (mutation: Mutation): readonly string[] =>
  accelCases(rulesWith(mutation)).flatMap((each) => (each.run().ok ? [] : [each.id]));

describe('a rule of device nodes broken on purpose is noticed', () => {
  it.each(Object.entries(mutations))('%s', (_what, mutation) => {
    expect(failed(mutation)).toEqual(expect.arrayContaining([...mutation.breaks]));
  });

  it('by every case at least once', () => {
    const broken = new Set(Object.values(mutations).flatMap(({ breaks }) => breaks));
    expect([...broken].sort()).toEqual(accelCases().map(({ id }) => id));
  });

  it('and nothing fails where nothing is broken', () => {
    expect(failed({ breaks: [] })).toEqual([]);
  });
});
