/** What holds of every run of operations, whatever they are: the laws that random sequences are checked against. */
import { sameJson } from '../../base/same-json.ts';
import type { World } from '../../model/world.ts';
import { countsInMapcount, isMigration } from '../../model/pte.ts';
import { frameFlag, readFrame } from '../../model/frame-state.ts';
import { apply, invert, pageMap, sameWorld } from '../apply.ts';
import type { Event, OpResult } from '../event.ts';
import { History } from '../history.ts';
import { checkInvariants } from '../invariants.ts';
import { allFrames } from '../mm/frames.ts';
import { operations, type Op } from '../operations.ts';
import { step, type RuleTable, type Transaction } from '../step.ts';
import type { Tx } from '../tx.ts';
import { contentsOf, sameContents, written } from './contents.ts';

/** What a run of operations broke: where, and what. */
export interface Broken {
  /** Number of the operation. */
  readonly index: number;
  readonly op: Op;
  readonly law: string;
  readonly text: string;
}

/** Which operation comes next in a world; null: none fits. */
export type NextOp = (world: World) => Op | null;

/** More events than any operation on a small machine has: it does not come to an end. */
const tooMany = 50_000;

/** The engine's rules, stopped where an operation does not end. */
const bounded = Object.fromEntries(
  Object.entries(operations).map(([name, { rule }]) => [
    name,
    {
      rule: (tx: Tx, op: Op): OpResult => {
        const emit = tx.emit.bind(tx);
        tx.emit = (head, write) => {
          if (tx.events.length > tooMany) throw new Error(`does not end: ${head.kind} after ${tooMany} events`);
          return emit(head, write);
        };
        return (rule as (tx: Tx, op: Op) => OpResult)(tx, op);
      },
    },
  ]),
) as unknown as RuleTable;

const message = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Carries out operations one after the other, up to the first that breaks a law; null: all hold. `each` counts them. */
export function findBroken(start: World, ops: Iterable<NextOp>, each: () => void = () => undefined): Broken | null {
  const history = new History(start, bounded);
  let index = 0;
  for (const next of ops) {
    const op = next(history.last);
    if (op === null) continue;
    const broken = (law: string, text: string): Broken => ({ index, op, law, text });
    try {
      each();
      const before = history.last;
      const transaction = history.run(op);
      if (transaction.before !== before)
        return broken('order', 'an operation started from another world than the last');
      for (const law of laws) {
        const text = law.check(transaction);
        if (text !== null) return broken(law.name, text);
      }
    } catch (error) {
      return broken('no exception', message(error));
    }
    index++;
  }
  const text = seeking(history);
  const last = history.transactions[history.transactions.length - 1];
  return text === null || last === undefined ? null : { index, op: last.op, law: 'seek = run', text };
}

interface Law {
  readonly name: string;
  /** What is wrong, or null. */
  readonly check: (transaction: Transaction) => string | null;
}

const laws: readonly Law[] = [
  {
    name: 'invariants',
    check: ({ after }) =>
      checkInvariants(after).map((v) => `${v.invariant}: ${v.text} at ${JSON.stringify(v.at)}`)[0] ?? null,
  },
  { name: 'replay = run', check: replay },
  { name: 'undo is exact', check: undo },
  { name: 'run = run', check: again },
  { name: 'no write is lost', check: noWriteLost },
  { name: 'causes come first', check: causes },
  { name: 'the reverse map finds every mapping', check: ({ after }) => unfound(after) },
  { name: 'nothing is left locked', check: ({ after }) => leftBehind(after) },
];

function replay({ before, after, events }: Transaction): string | null {
  const read = JSON.parse(JSON.stringify(events)) as readonly Event[];
  return sameWorld(read.reduce(apply, before), after)
    ? null
    : 'the events, written and read again, lead to another world';
}

function undo({ before, after, events }: Transaction): string | null {
  const back = [...events].reverse().reduce((world, event) => apply(world, invert(event)), after);
  return sameWorld(back, before) ? null : 'taking the events back leads to another world than the one before';
}

function again({ op, before, events, result }: Transaction): string | null {
  const second = step(before, op);
  return sameJson([second.events, second.result], [events, result])
    ? null
    : 'the same operation on the same world did something else';
}

function causes({ events }: Transaction): string | null {
  const wrong = events.findIndex(({ cause }, at) => cause !== null && (cause < 0 || cause >= at));
  return wrong < 0 ? null : `event ${wrong} (${events[wrong]?.kind ?? ''}) names a cause that does not come before it`;
}

/** Every page holds what was last written to it, wherever it lies and whoever wrote it. */
function noWriteLost({ before, after, events }: Transaction): string | null {
  const expected = written(before, events);
  return sameContents(expected, contentsOf(after));
}

/** An entry of an anonymous page is where its frame's anon_vma and index say, in an area that the anon_vma knows. */
function unfound(world: World): string | null {
  for (const [space, table] of Object.entries(world.pages.pte))
    for (const run of table.occupied()) {
      if (!countsInMapcount(run.values[0] ?? 0)) continue;
      const first = run.values[1] ?? 0;
      for (const part of pageMap(world, 'frame', allFrames).occupied(first, first + (run.end - run.start))) {
        const frame = readFrame(part.values);
        if ((frame.flags & frameFlag.pageCache) !== 0) continue;
        const start = run.start + (part.start - first);
        const end = start + (part.end - part.start);
        const known = world.records.anonVma[String(frame.anonVma)]?.vmas ?? [];
        for (const [id, area] of Object.entries(world.records.vma)) {
          const from = Math.max(start, area.start);
          if (area.space !== space || from >= Math.min(end, area.end)) continue;
          if (!known.includes(id)) return `${space} page ${from}: anon_vma ${frame.anonVma} does not know its area`;
          if (frame.index + (from - start) !== area.pgoff + (from - area.start))
            return `${space} page ${from}: the index of its frame leads elsewhere`;
        }
      }
    }
  return null;
}

/** With no operation under way nothing is locked, isolated or in migration, and no frame is held for nobody. */
function leftBehind(world: World): string | null {
  const busy =
    Object.keys(world.records.migration).length > 0 ||
    Object.keys(world.records.waiting).length > 0 ||
    Object.values(world.records.space).some((space) => space.mmapWriter !== null || space.mmapReaders.length > 0);
  if (busy) return null;
  for (const [space, table] of Object.entries(world.pages.pte))
    for (const run of table.occupied())
      if (isMigration(run.values[0] ?? 0)) return `a migration entry is left at ${space} page ${run.start}`;
  for (const run of pageMap(world, 'frame', allFrames).occupied()) {
    const frame = readFrame(run.values);
    if ((frame.flags & (frameFlag.locked | frameFlag.isolated)) !== 0) return `frame ${run.start} is left locked`;
    // A page that a driver inserted into a mapping belongs to no file: only the mapping holds it.
    const cached = (frame.flags & frameFlag.pageCache) !== 0 && frame.anonVma !== 0;
    const inSwap = (frame.flags & frameFlag.swapCache) !== 0;
    const held = frame.refs - frame.maps - (cached ? 1 : 0) - (inSwap ? 1 : 0);
    if (held < frame.pins)
      return `frame ${run.start} has ${frame.refs} references for ${frame.maps} mappings and ${frame.pins} pins`;
  }
  for (const [space, subscriptions] of Object.entries(world.records.subscriptions))
    if (subscriptions.active !== 0) return `${subscriptions.active} invalidations of ${space} are still under way`;
  return null;
}

/** Any place of a history is the world that was there when it was run: at ends of operations and between events. */
function seeking(history: History): string | null {
  for (const [index, transaction] of history.transactions.entries()) {
    if (history.at({ index, event: null }) !== transaction.after) return `operation ${index}: its end is another world`;
    if (history.at({ index, event: 0 }) !== transaction.before)
      return `operation ${index}: its beginning is another world`;
    const count = transaction.events.length;
    const middle = count >> 1;
    const there = history.at({ index, event: middle });
    const rest = transaction.events.slice(middle).reduce(apply, there);
    if (!sameWorld(rest, transaction.after)) return `operation ${index}: from event ${middle} on it goes elsewhere`;
  }
  return history.at({ index: -1, event: null }) === history.start ? null : 'the beginning is another world';
}
