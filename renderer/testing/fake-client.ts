import type {
  Cursor,
  EventRow,
  Frame,
  GraphEdge,
  GraphNode,
  GraphRelation,
  PageRow,
  StepStory,
  WhyLine,
} from '../../app/contract/frame.ts';
import type {
  DocumentHead,
  Pushes,
  PushName,
  RequestAnswer,
  RequestArgs,
  RequestName,
} from '../../app/contract/requests.ts';
import { legend } from '../../app/model/legend.ts';
import type { Client } from '../client.ts';
import { fabricAnswers } from './fake-fabric.ts';
import { machineAnswers } from './fake-machine-views.ts';
import { story, machine, catalog, type FixtureEvent } from './fixture.ts';

interface FakePage {
  readonly cpu: string;
  readonly gpu: string;
  readonly nic: string;
}

const heapPages = 144;
const codeOf = new Map<string, number>(legend.map(({ id, code }) => [id, code]));

const words: Readonly<Record<string, string>> = {
  none: 'none',
  zero: 'PRESENT zero',
  system: 'PRESENT rw',
  private: 'DEVPRIV w',
  migrating: 'MIGRATION w',
  pinned: 'PRESENT rw',
  exclusive: 'DEVEXCL',
  stale: 'sys rw',
};
const deviceWords: Readonly<Record<string, string>> = {
  none: '—',
  system: 'sys rw',
  private: 'local rw',
  pinned: 'pinned',
  exclusive: 'atomic',
  stale: 'sys rw',
};

/** All pages of the heap after the first `done` events of the story. */
function pagesAt(cursor: Cursor): readonly FakePage[] {
  const pages: FakePage[] = Array.from({ length: heapPages }, () => ({ cpu: 'none', gpu: 'none', nic: 'none' }));
  for (const [step, { events }] of story.entries()) {
    if (step > cursor.step) break;
    const until = step === cursor.step && cursor.event !== null ? cursor.event : events.length;
    for (const event of events.slice(0, until)) {
      if (event.set === undefined) continue;
      const { column, state, start, end } = event.set;
      for (let i = start; i < end; i++) {
        const page = pages[i];
        if (page !== undefined && page.cpu !== 'pinned') pages[i] = { ...page, [column]: state };
      }
    }
  }
  return pages;
}

const before = (cursor: Cursor): Cursor => ({ step: cursor.step - 1, event: null });

function changedPages(cursor: Cursor): readonly boolean[] {
  const now = pagesAt(cursor);
  const then = pagesAt(before(cursor));
  return now.map((page, i) => cursor.step >= 0 && JSON.stringify(page) !== JSON.stringify(then[i]));
}

function frameOf(state: string, i: number): string | null {
  if (state === 'none') return null;
  if (state === 'zero') return 'zero page';
  return state === 'private' ? `VRAM 0x${(0x5200 + i).toString(16)}` : `DRAM 0x${(0x1a1b0 + i).toString(16)}`;
}

function row(page: FakePage, i: number, changed: boolean): PageRow {
  const alert =
    page.gpu === 'stale' ? 'I3: gpu0 still reads the frame that this page left: no notifier told it to forget' : null;
  return {
    page: i,
    address: `0x7f20_${(i * 4096)
      .toString(16)
      .padStart(8, '0')
      .replace(/(.{4})$/, '_$1')}`,
    state: page.cpu,
    entry: words[page.cpu] ?? page.cpu,
    frame: frameOf(page.cpu, i),
    value: page.cpu === 'none' ? null : String(i + 10),
    frameNote:
      page.cpu === 'none'
        ? null
        : page.cpu === 'pinned'
          ? 'refcount 1025, mapcount 1, pinned'
          : 'refcount 2, mapcount 1',
    devices: [page.gpu, page.nic].map((state) => ({
      text: deviceWords[state] ?? state,
      state,
      changed: changed && state !== 'none',
      alert: state === 'stale' ? alert : null,
    })),
    changed,
    alert,
  };
}

const eventRow = (event: FixtureEvent, index: number): EventRow => ({
  index,
  kind: event.kind,
  title: event.title,
  by: event.by,
  cause: event.cause,
  fn: event.fn,
  rule: event.rule,
  where: event.where,
  detail: event.detail,
  state: event.state,
  changes: event.set === undefined ? 0 : event.set.end - event.set.start,
});

function stepStory(step: number): StepStory | null {
  const found = story[step];
  return found === undefined
    ? null
    : {
        index: step,
        title: found.title,
        say: found.say,
        lesson: found.lesson,
        read: found.read,
        ops: found.ops,
        expectations: found.expectations,
      };
}

function nodesAt(): readonly GraphNode[] {
  return machine.nodes;
}

function relationsAt(cursor: Cursor): readonly GraphRelation[] {
  return (story[cursor.step]?.relations ?? [])
    .filter(({ after }) => cursor.event === null || cursor.event >= after)
    .map(({ relation }) => relation);
}

function frame(cursor: Cursor): Frame {
  const events = (story[cursor.step]?.events ?? []).map(eventRow);
  const pages = pagesAt(cursor);
  const stale = pages.findIndex(({ gpu }) => gpu === 'stale');
  const count = (state: string): number => pages.filter(({ cpu }) => cpu === state).length;
  return {
    cursor,
    graphVersion: 1,
    nodes: [],
    relations: relationsAt(cursor),
    story: stepStory(cursor.step),
    events,
    alerts:
      stale < 0
        ? []
        : [
            {
              invariant: 'I3',
              text: 'gpu0 reads a frame that the page has left',
              node: 'gpu0',
              strip: 'context:gpu0:A',
              page: stale,
            },
          ],
    dirty: [{ strip: 'space:A:heap', start: 0, end: heapPages }],
    totalEvents: events.length,
    counters: [
      { label: 'time', value: `${(cursor.step + 1) * 41} µs` },
      { label: 'RSS', value: `${(count('system') + count('pinned')) * 4} KiB` },
      { label: 'faults', value: String(Math.max(0, cursor.step) * 3) },
      { label: 'moved', value: `${count('private') * 4} KiB` },
      { label: 'link load', value: null, note: 'not modelled for this link' },
    ],
  };
}

const head: DocumentHead = {
  id: 'sc-18',
  kind: 'scenario',
  title: 'There and back again',
  thread: 'S2',
  machine: 'two-socket server',
  steps: story.map((step, index) => ({
    index,
    title: step.title,
    events: step.events.length,
    refusal: step.refusal,
    failedExpectations: step.expectations.filter(({ ok }) => !ok).length,
  })),
  totalEvents: story.reduce((sum, { events }) => sum + events.length, 0),
  warnings: [],
  source: 'built-in',
  tables: [
    { id: 'A:heap', title: 'A.heap', pages: heapPages },
    { id: 'A:file', title: 'A.file', pages: 1_500_000 },
  ],
};

function chain(step: number, event: number): readonly WhyLine[] {
  const events = story[step]?.events ?? [];
  const lines: WhyLine[] = [];
  for (let at: number | null = event; at !== null; at = events[at]?.cause ?? null) {
    const found = events[at];
    if (found === undefined) break;
    lines.push({
      step,
      event: at,
      text: `${found.by}: ${found.title} ${found.where ?? ''}. ${found.detail}`,
      fn: found.fn,
      rule: found.rule,
    });
  }
  return lines;
}

type Answers = { readonly [N in RequestName]: (...args: RequestArgs<N>) => RequestAnswer<N> };

const answers: Answers = {
  ...machineAnswers,
  ...fabricAnswers,
  catalog: () => catalog,
  open: (source) =>
    source.kind === 'text'
      ? {
          ok: false,
          error: [
            {
              file: source.name,
              line: 3,
              column: 5,
              message: 'unknown key `stpes`; a scenario has `steps`: rename it',
            },
          ],
        }
      : { ok: true, value: head },
  current: () => null,
  graph: () => ({ nodes: nodesAt(), edges: machine.edges as readonly GraphEdge[] }),
  frame: ({ cursor }) => frame(cursor),
  strip: ({ cursor, strip, start, pages, cells }) => {
    const all = pagesAt(cursor);
    const bytes = new Uint8Array(cells);
    for (let i = 0; i < cells; i++) {
      const page = all[start + Math.floor((i * pages) / cells)];
      bytes[i] = codeOf.get((strip.startsWith('context') ? page?.gpu : page?.cpu) ?? 'none') ?? 0;
    }
    return bytes;
  },
  pages: ({ cursor, table, start, count }) => {
    const changed = changedPages(cursor);
    const spans: { start: number; end: number }[] = [];
    const heap = table === 'A:heap';
    if (heap)
      for (const [i, yes] of changed.entries()) {
        const last = spans.at(-1);
        if (yes && last?.end === i) last.end = i + 1;
        else if (yes) spans.push({ start: i, end: i + 1 });
      }
    const now = pagesAt(cursor);
    const total = heap ? heapPages : 1_500_000;
    return {
      id: table,
      title: table,
      totalPages: total,
      changedPages: heap ? changed.filter(Boolean).length : 0,
      changedSpans: spans,
      columns: ['gpu0', 'nic0'],
      start,
      rows: Array.from({ length: Math.max(Math.min(count, total - start), 0) }, (_, i) =>
        row(
          heap
            ? (now[start + i] ?? { cpu: 'none', gpu: 'none', nic: 'none' })
            : { cpu: (start + i) % 7 === 0 ? 'file' : 'none', gpu: 'none', nic: 'none' },
          start + i,
          heap && (changed[start + i] ?? false),
        ),
      ),
    };
  },
  why: ({ cursor, target }) => {
    const { step, event } =
      target.kind === 'event' ? target : { step: cursor.step, event: (story[cursor.step]?.events.length ?? 0) - 1 };
    const question =
      target.kind === 'event'
        ? `Why did \`${story[step]?.events[event]?.title}\` happen?`
        : `Why is page ${target.page} ${words[pagesAt(cursor)[target.page]?.cpu ?? 'none']}?`;
    return {
      question,
      lines: step < 0 ? [] : chain(step, event),
      read: ['mm/migrate_device.c', 'Documentation/mm/hmm.rst'],
    };
  },
  timeline: () => {
    const all = story.flatMap(({ events }) => events);
    const lanes = [...new Set(all.map(({ by }) => by))];
    const states = [...new Set(all.map(({ state }) => state))];
    const starts = [0];
    for (const { events } of story) starts.push((starts.at(-1) ?? 0) + events.length);
    return {
      lanes,
      states,
      stepStarts: starts,
      lane: Uint8Array.from(all, ({ by }) => lanes.indexOf(by)),
      state: Uint8Array.from(all, ({ state }) => states.indexOf(state)),
    };
  },
};

export interface FakeClient extends Client {
  /** All requests so far, by name. */
  readonly asked: readonly { readonly name: RequestName; readonly args: readonly unknown[] }[];
  push<N extends PushName>(name: N, push: Pushes[N]): void;
}

/** A session that answers from a fixture, after `delay` of its own. */
export function fakeClient(delay: () => Promise<void> = () => Promise.resolve()): FakeClient {
  const asked: { name: RequestName; args: readonly unknown[] }[] = [];
  const listeners = new Map<PushName, Set<(push: never) => void>>();
  return {
    asked,
    async request(name, ...args) {
      asked.push({ name, args });
      await delay();
      const answer: (...given: typeof args) => RequestAnswer<typeof name> = answers[name];
      return answer(...args);
    },
    subscribe(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => set.delete(listener);
    },
    push(name, push) {
      for (const listener of listeners.get(name) ?? []) listener(push as never);
    },
  };
}
