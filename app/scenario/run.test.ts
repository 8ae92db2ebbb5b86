import { describe, expect, it } from 'vitest';
import { loadScenario } from './load.ts';
import { runJson, runScenario } from './run.ts';
import { testMachine } from './testing/machine.ts';

/** Runs one step; `lines` are its operations and expectations as a file has them. */
function run(ops: readonly string[], expected: readonly string[], until?: number) {
  const text = [
    'version: 1',
    'id: mine',
    'title: Mine',
    'line: one line',
    'machine: dual-socket',
    'steps:',
    '  - title: one',
    '    do:',
    ...[
      '{ op: process, by: kernel, name: A }',
      '{ op: mmap, by: A, as: heap, pages: 4 }',
      '{ op: write, by: A, place: "A.heap[0..2]", value: 7, count: true }',
      '{ op: read, by: A, place: "A.heap[2]" }',
      '{ op: open, by: A, device: gpu0 }',
      '{ op: deviceRead, by: gpu0, context: "gpu0:A", place: "A.heap[0]" }',
      ...ops,
    ].map((op) => `      - ${op}`),
    ...(expected.length === 0 ? [] : ['    expect:', ...expected.map((e) => `      - ${e}`)]),
    '  - title: two',
    '    do:',
    '      - { op: exit, by: A }',
  ].join('\n');
  const loaded = loadScenario('mine.yaml', text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return { run: runScenario(loaded.value, testMachine, until), text };
}

const failures = (ops: readonly string[], expected: readonly string[]): readonly string[] =>
  runJson(run(ops, expected, 0).run).expectations.failed.map((f) => `${f.expected} | ${f.actual}`);

describe('running a scenario', () => {
  it('fails the step whose operation is refused, at the line of the operation', () => {
    const { run: done, text } = run(['{ op: mmap, by: A, as: heap, pages: 1 }'], []);
    const [failed] = runJson(done).expectations.failed;
    expect(failed).toMatchObject({ step: 0, expected: 'ok', actual: 'EEXIST' });
    expect(text.split('\n')[(failed?.line ?? 0) - 1]).toContain('pages: 1 }');
  });

  it('takes a refusal that the step expects', () => {
    expect(failures(['{ op: mmap, by: A, as: heap, pages: 1 }'], ['{ result: EEXIST }'])).toEqual([]);
    expect(failures(['{ op: mmap, by: A, as: heap, pages: 1 }'], ['{ result: ENOMEM }'])).toEqual(['ENOMEM | EEXIST']);
  });

  it('stops after the step that `until` names, counted from 0', () => {
    expect(runJson(run([], [], 0).run).steps.map((s) => s.title)).toEqual(['one']);
    expect(runJson(run([], []).run).steps.map((s) => s.title)).toEqual(['one', 'two']);
  });

  it('gives each operation as written with its result and its events', () => {
    const json = JSON.parse(JSON.stringify(runJson(run([], []).run))) as ReturnType<typeof runJson>;
    expect(json.scenario).toBe('mine');
    expect(json.steps[0]?.ops[0]).toMatchObject({
      op: { op: 'process', by: 'kernel', name: 'A' },
      result: { ok: true },
      events: [{ kind: 'processStarted', by: 'kernel' }],
    });
    expect(json.expectations).toEqual({ passed: 0, failed: [] });
  });

  it('fails the step after which an invariant is broken that it does not name', () => {
    const raw = [
      '{ op: process, by: kernel, name: C }',
      '{ op: mmap, by: C, as: x, pages: 2 }',
      '{ op: write, by: C, place: C.x, value: 1 }',
      '{ op: open, by: C, device: gpu0, notifier: false }',
      '{ op: rawMap, by: "driver:gpu0", context: "gpu0:C", place: C.x }',
      '{ op: fork, by: C, child: D }',
    ];
    expect(failures(raw, [])).toEqual([expect.stringMatching(/^I3 holds \| I3 is broken at gpu0:C C\.x: /)]);
    expect(failures(raw, ['{ broken: I3, at: "gpu0:C C.x" }'])).toEqual([]);
    expect(failures(raw, ['{ broken: I3, at: "gpu0:C C.x[0]" }'])).toHaveLength(2);
  });
});

/** One true and one false sentence of each form, and what is said of the false one. */
const forms: readonly (readonly [string, string, string])[] = [
  ['{ strip: A.heap, shows: SS0. }', '{ strip: A.heap, shows: SS.. }', 'A.heap shows SS0.'],
  [
    '{ device: "gpu0:A", place: A.heap, shows: S... }',
    '{ device: "gpu0:A", place: A.heap, shows: s... }',
    'gpu0:A A.heap shows S...',
  ],
  [
    '{ device: "gpu0:A", place: "A.heap[0]", is: { target: SYS, read: true, write: true, atomic: false, pool: dram0, value: 7 } }',
    '{ device: "gpu0:A", place: "A.heap[1]", is: { target: SYS } }',
    'gpu0:A A.heap[1]: target INVALID',
  ],
  [
    '{ value: "A.heap[0..2]", is: 7, count: true }',
    '{ value: A.heap, is: 7, count: true }',
    'page 2 of A.heap holds 0',
  ],
  [
    '{ page: "A.heap[0..2]", is: { entry: PRESENT, write: true, young: true, dirty: true, softDirty: true, uffdWp: false, special: false, exclusive: false, level: 0, pool: dram0 } }',
    '{ page: A.heap, is: { entry: PRESENT } }',
    'page 2 of A.heap: entry PRESENT_ZERO',
  ],
  [
    '{ frame: "A.heap[1]", has: { refs: 1, maps: 1, pins: 0, content: 8, pool: dram0, anonExclusive: true, locked: false, free: false, order: 0 } }',
    '{ frame: "A.heap[0..2]", has: { content: 7 } }',
    'page 1 of A.heap[0..2]: content 8',
  ],
  [
    '{ frame: "gpu0:A A.heap[0]", has: { content: 7 } }',
    '{ frame: "gpu0:A A.heap[1]", has: { free: true } }',
    'gpu0:A A.heap[1]: free nothing',
  ],
  [
    '{ same: ["A.heap[0]", "gpu0:A A.heap[0]"], frame: true }',
    '{ same: ["A.heap[0]", "A.heap[1]"], frame: true }',
    'different frames',
  ],
  [
    '{ record: space.A, has: { rss: { anon: 2, file: 0, shmem: 0 }, "rss.anon": 2, mmapReaders: [] } }',
    '{ record: space.A, has: { rss.anon: 3 } }',
    'space.A: rss.anon 2',
  ],
  ['{ record: process.B, exists: false }', '{ record: process.A, exists: false }', 'there is a process.A'],
  [
    '{ words: mirror, context: "gpu0:A", place: "A.heap[0]", shows: V }',
    '{ words: source, context: "gpu0:A", place: "A.heap[0]", shows: M }',
    'source words of gpu0:A for A.heap[0]: .',
  ],
  [
    '{ event: cpuWrite, count: 1, at: "A.heap[0..2]", args: { value: 7 } }',
    '{ event: cpuWrite, count: 1, at: "A.heap[0]" }',
    '0 times cpuWrite {"at":"A.heap[0]"}',
  ],
  [
    '{ event: deviceRead, by: gpu0, context: "gpu0:A" }',
    '{ event: deviceRead, by: nic0 }',
    '0 times deviceRead {"by":"nic0"}',
  ],
  ['{ event: cpuWrite, rule: access }', '{ event: cpuWrite, rule: acc }', '0 times cpuWrite {"rule":"acc"}'],
  ['{ order: [mmapped, cpuWrite, deviceRead] }', '{ order: [deviceRead, cpuWrite] }', 'deviceRead, then no cpuWrite'],
  ['{ result: ok, of: 2 }', '{ result: EFAULT }', 'ok'],
];

describe('an expectation', () => {
  it.each(forms)('%s holds, and %s does not', (right, wrong, said) => {
    expect(failures([], [right])).toEqual([]);
    expect(failures([], [wrong]).map((f) => f.slice(f.indexOf(' | ') + 3))).toEqual([said]);
  });

  it('sees what of a file is cached', () => {
    const ops = ['{ op: file, by: kernel, name: log, pages: 3 }'];
    expect(failures(ops, ['{ cached: log, shows: fff }'])).toEqual([]);
    expect(failures(ops, ['{ cached: log, shows: ff. }'])).toEqual(['cache of log: ff. | cache of log: fff']);
  });

  it('sees the words of a migration', () => {
    const ops = ['{ op: migrateSetup, by: d, context: "gpu0:A", place: A.heap }'];
    const at = 'context: "gpu0:A", place: A.heap';
    expect(
      failures(ops, [`{ words: source, ${at}, shows: MMhh }`, `{ words: destination, ${at}, shows: .... }`]),
    ).toEqual([]);
    expect(
      failures(
        [...ops, '{ op: migrateCopy, by: d, context: "gpu0:A" }'],
        [`{ words: destination, ${at}, shows: dddd }`],
      ),
    ).toEqual([]);
  });
});
