import { readFileSync, readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Library } from './library.ts';
import { Session } from './session.ts';

const assets = new URL('../../assets/', import.meta.url);
const folder = (kind: 'scenario' | 'topology'): URL =>
  new URL(kind === 'scenario' ? 'scenarios/' : 'topologies/', assets);

const library: Library = {
  builtin: async (kind, id) => {
    try {
      return readFileSync(new URL(`${id}.yaml`, folder(kind)), 'utf8');
    } catch {
      return null;
    }
  },
  ids: async (kind) =>
    readdirSync(folder(kind))
      .map((name) => name.replace(/\.yaml$/, ''))
      .sort(),
  file: async () => null,
  thisMachine: async () => null,
};

describe('a session', () => {
  let session: Session;
  beforeAll(async () => {
    session = new Session(library);
    const opened = await session.open({ kind: 'builtin', id: 'sc-18' });
    expect(opened.ok ? [] : opened.error).toEqual([]);
  });

  it('lists every built-in story and machine', async () => {
    const catalog = await session.catalog();
    expect(catalog.scenarios.map((s) => s.id)).toEqual(await library.ids('scenario'));
    expect(catalog.topologies.length).toBeGreaterThanOrEqual(3);
  });

  it('keeps what was open when a file is broken, and says where', async () => {
    const text = (await library.builtin('scenario', 'sc-18'))?.replace('title: There', 'titel: There') ?? '';
    const opened = await session.open({ kind: 'text', name: 'mine.yaml', text });
    expect(opened.ok).toBe(false);
    if (!opened.ok)
      expect(opened.error).toContainEqual(
        expect.objectContaining({ file: 'mine.yaml', line: 3, message: expect.stringContaining('title') as string }),
      );
    expect(session.current()?.id).toBe('sc-18');
  });

  it('shows what each step takes, why, and how much went over which link', () => {
    const whole = [0, 1, 2, 3, 4, 5, 6].map((step) => session.frame({ cursor: { step, event: null }, from: null }));
    const at = whole.findIndex(({ story }) => story?.cost?.parts.some(({ note }) => note?.startsWith('migrate.alloc')));
    const frame = whole[at];
    expect(frame?.story?.cost?.links.map(({ label }) => label)).toContain('gpu0 – 0000:17:00.0');
    expect(frame?.events.some(({ time }) => time !== undefined)).toBe(true);
    expect(frame?.counters[0]?.label).toBe('simulated time');
    const before = session.frame({ cursor: { step: at, event: 0 }, from: null });
    const after = session.frame({ cursor: { step: at - 1, event: null }, from: null });
    expect(before.counters.slice(0, 3)).toEqual(after.counters.slice(0, 3));
  });

  it('shows page 2 home again and the others on the device at the end of sc-18', () => {
    const rows = session.pages({ cursor: { step: 6, event: null }, table: 'A.heap', start: 0, count: 10 }).rows;
    expect(
      rows.map((row) => `${row.entry} | ${row.frame?.split(' ')[0]} | ${row.value} | ${row.devices[0]?.text}`),
    ).toEqual([
      'DEVPRIV w | gpu0.vram | 10 | local rw',
      'DEVPRIV w | gpu0.vram | 11 | local rw',
      'PRESENT rw | dram0 | 12 | —',
      'DEVPRIV w | gpu0.vram | 13 | local rw',
    ]);
  });

  it('answers why a page is where it is with the chain down to the access', () => {
    const why = session.why({ cursor: { step: 6, event: null }, target: { kind: 'page', table: 'A.heap', page: 2 } });
    expect(why.question).toBe('Why is page 2 PRESENT rw?');
    expect(why.lines[0]?.text).toBe('A: read A.heap[2]');
    expect(why.lines.map((line) => line.fn)).toContain('migrate_to_ram');
  });

  it('draws the same world at a cursor whichever way it came there', () => {
    const events = session.current()?.steps[5]?.events ?? 0;
    const whole = session.strip({
      cursor: { step: 5, event: null },
      strip: 'space:A.heap',
      start: 0,
      pages: 4,
      cells: 4,
    });
    const last = session.strip({
      cursor: { step: 5, event: events },
      strip: 'space:A.heap',
      start: 0,
      pages: 4,
      cells: 4,
    });
    const first = session.strip({ cursor: { step: 5, event: 0 }, strip: 'space:A.heap', start: 0, pages: 4, cells: 4 });
    const before = session.strip({
      cursor: { step: 4, event: null },
      strip: 'space:A.heap',
      start: 0,
      pages: 4,
      cells: 4,
    });
    expect(last).toEqual(whole);
    expect(first).toEqual(before);
    expect([...whole]).toEqual([8, 8, 4, 8]);
  });

  it('sends only the nodes that differ from the cursor on screen', () => {
    const all = session.frame({ cursor: { step: 3, event: null }, from: null });
    const next = session.frame({ cursor: { step: 4, event: null }, from: { step: 3, event: null } });
    expect(all.nodes.length).toBeGreaterThan(8);
    expect(next.nodes.length).toBeLessThan(3);
  });

  it('paints the stale page of sc-01 on the device and in its table', async () => {
    const other = new Session(library);
    await other.open({ kind: 'builtin', id: 'sc-01' });
    const cursor = { step: 2, event: null };
    expect(other.frame({ cursor, from: null }).alerts.map((a) => a.invariant)).toEqual(['I3']);
    expect(other.pages({ cursor, table: 'A.x', start: 0, count: 1 }).rows[0]?.devices[0]?.state).toBe('stale');
    expect(
      other
        .graph(cursor)
        .nodes.filter((n) => n.alerts.length > 0)
        .map((n) => n.kind)
        .sort(),
    ).toEqual(['device', 'process']);
  });

  it('lets the host do other work while a long story runs, and the last wish wins', async () => {
    let pauses = 0;
    let inBetween: string | undefined;
    const slow: Session = new Session({
      ...library,
      pause: async () => {
        pauses += 1;
        inBetween ??= slow.current()?.id;
      },
    });
    await slow.open({ kind: 'builtin', id: 'sc-16' });
    const long = story([
      '{ op: mmap, by: A, as: heap, pages: 4096 }',
      '{ op: open, by: A, device: gpu0 }',
      ...Array.from({ length: 2000 }, (_, i) => `{ op: write, by: A, place: "A.heap[${i * 2}]", value: 1 }`),
    ]);
    const first = slow.open({ kind: 'text', name: 'long.yaml', text: long });
    const second = slow.open({ kind: 'builtin', id: 'sc-02' });
    expect([(await first).ok, (await second).ok]).toEqual([false, true]);
    expect(pauses).toBeGreaterThan(1);
    expect(inBetween).toBe('sc-16');
    expect(slow.current()?.id).toBe('sc-02');
  });

  it('sends the events around the cursor where a step has very many', async () => {
    const other = new Session(library);
    const writes = Array.from({ length: 400 }, (_, i) => `{ op: write, by: A, place: "A.heap[${i * 2}]", value: 1 }`);
    const text = story(['{ op: mmap, by: A, as: heap, pages: 1024 }', ...writes]);
    expect((await other.open({ kind: 'text', name: 'many.yaml', text })).ok).toBe(true);
    const at = (event: number | null) => other.frame({ cursor: { step: 0, event }, from: null });
    const { totalEvents } = at(null);
    expect(totalEvents).toBeGreaterThan(1000);
    for (const event of [0, 1, 700, totalEvents - 1, totalEvents]) {
      const shown = at(event).events.map((row) => row.index);
      expect(shown).toHaveLength(500);
      expect(shown).toEqual(shown.map((_, i) => (shown[0] ?? 0) + i));
      if (event > 0) expect(shown).toContain(event - 1);
    }
  });

  it('opens a story that brings its machine, and says where that machine is wrong', async () => {
    const other = new Session(library);
    const machine =
      '{ objects: [{ kind: machine, id: machine }, { kind: numaNode, id: n0, parent: machine, osIndex: 0, memoryKind: dram, bytes: 1 MiB, registration: system }] }';
    const text = story(['{ op: mmap, by: A, as: heap, pages: 300 }'], machine);
    expect((await other.open({ kind: 'text', name: 'own.yaml', text })).ok).toBe(true);
    expect(
      other
        .graph({ step: -1, event: null })
        .nodes.filter((node) => node.kind === 'memory')
        .map((node) => node.subtitle),
    ).toEqual(['node 0 · 1 MiB']);
    const wrong = await other.open({
      kind: 'text',
      name: 'own.yaml',
      text: text.replace('parent: machine', 'parent: m'),
    });
    expect(wrong.ok ? [] : wrong.error).toEqual([
      expect.objectContaining({
        file: 'own.yaml',
        line: 5,
        message: expect.stringMatching(/no object has the id "m"/) as string,
      }),
    ]);
    const nowhere = await other.open({ kind: 'text', name: 'own.yaml', text: story([], 'dual-scoket') });
    expect(nowhere.ok ? [] : nowhere.error.map((e) => `${e.line}:${e.column} ${e.message}`)).toEqual([
      expect.stringMatching(/^5:10 there is no machine "dual-scoket": .*dual-socket/),
    ]);
  });
});

/** A story of one step. */
function story(ops: readonly string[], machine = 'dual-socket'): string {
  return [
    'version: 1',
    'id: mine',
    'title: Mine',
    'line: one line',
    `machine: ${machine}`,
    'steps:',
    '  - title: one',
    '    do:',
    ...['{ op: process, by: kernel, name: A }', ...ops].map((op) => `      - ${op}`),
  ].join('\n');
}
