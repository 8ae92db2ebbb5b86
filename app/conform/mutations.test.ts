/** Rules broken on purpose: each must be noticed by the self-tests that are said to depend on it, and none may be left out. */
import { describe, expect, it } from 'vitest';
import { pageMap } from '../engine/apply.ts';
import { checkInvariants } from '../engine/invariants.ts';
import { allFrames } from '../engine/mm/frames.ts';
import type { EventHead, Writer } from '../engine/tx.ts';
import { deviceFlag } from '../model/device-pte.ts';
import { frameColumn } from '../model/frame-state.ts';
import { pteFlag, pteKind, withLevel } from '../model/pte.ts';
import { caseOf, expectEqual } from './case.ts';
import * as dmirror from './dmirror.ts';
import { expectValues, Lab, pages } from './lab.ts';
import { selfTests, type SelfTest } from './self-tests.ts';
import { andThen, kind, rulesWith, without, type Breakage } from './testing/broken-rules.ts';

interface Mutation extends Breakage {
  readonly breaks: readonly string[];
}

const start = (head: EventHead): number => head.at?.start ?? 0;
const end = (head: EventHead): number => start(head) + (head.at?.pages ?? 0);

/** Gives the frames that a migration of a context goes to a content of its own. */
function spoil(w: Writer, context: string, content: number): void {
  for (const run of pageMap(w.world, 'migrateDst', context).occupied()) {
    const first = run.values[1] ?? 0;
    setContent(w, first, first + (run.end - run.start), content);
  }
}

function setContent(w: Writer, first: number, last: number, content: number): void {
  w.rewrite('frame', allFrames, first, last, (frame) => ({
    values: frame.values.map((v, c) => (c === frameColumn.content ? content : v)),
    strides: frame.strides.map((s, c) => (c === frameColumn.content ? 0 : s)),
  }));
}

const mutations: Readonly<Record<string, Mutation>> = {
  'a device file cannot be opened': {
    breaks: ['open_close'],
    op: (op) => (op.op === 'open' ? { errno: 'ENODEV' } : op),
  },
  'the mirror programs the frame next to the right one': {
    breaks: ['anon_read', 'anon_read_multiple', 'file_read', 'double_map'],
    event: andThen(kind('deviceMap', 'mirror.program'), (w, head) =>
      w.rewrite('devicePte', head.at?.context ?? '', start(head), end(head), (run) => ({
        values: [run.values[0] ?? 0, (run.values[1] ?? 0) + 1],
      })),
    ),
  },
  'mprotect leaves the area as it was': {
    breaks: ['anon_read_prot', 'anon_write_prot', 'exclusive_mprotect', 'migrate_mixed'],
    event: without(kind('vmaProtected')),
  },
  'mprotect leaves the entries as they were': {
    breaks: ['snapshot', 'compound'],
    event: andThen(kind('entriesProtected'), (w, head) =>
      w.rewrite('pte', head.at?.space ?? '', start(head), end(head), (run) => ({
        values: [(run.values[0] ?? 0) | pteFlag.write, run.values[1] ?? 0],
      })),
    ),
  },
  'a device store reaches no memory': {
    breaks: ['anon_write', 'anon_write_child_shared', 'anon_write_huge', 'anon_write_hugetlbfs', 'file_write'],
    event: without(kind('deviceWrite')),
  },
  'copy-on-write goes on in the shared frame': {
    breaks: ['anon_write_child', 'exclusive_cow'],
    event: (head, write) =>
      kind('entryReplaced', 'fault.cpu.cow')(head) && typeof head.args?.['from'] === 'number'
        ? (w) =>
            w.rewrite('pte', head.at?.space ?? '', start(head), end(head), (run) => ({
              values: [(run.values[0] ?? 0) | pteFlag.write, run.values[1] ?? 0],
            }))
        : write,
  },
  'no CLEAR around a copy': {
    breaks: ['copy-on-write under a mirror'],
    event: without(
      (head) =>
        (head.kind === 'deviceInvalidate' && head.args?.['event'] === 'CLEAR') ||
        ((head.kind === 'notifierStart' || head.kind === 'notifierEnd') && head.rule === 'fault.cpu.cow'),
    ),
  },
  'mirrors are not told of munmap': {
    breaks: ['anon_teardown'],
    event: without((head) => head.kind === 'deviceInvalidate' && head.args?.['event'] === 'UNMAP'),
  },
  'the driver does not check the sequence': {
    breaks: ['anon_teardown'],
    op: (op) => (op.op === 'program' ? { ...op, check: false } : op),
  },
  'a fork leaves the parent its write permission': {
    breaks: ['exclusive_cow'],
    event: andThen(kind('entriesCopied'), (w, head) =>
      w.rewrite('pte', head.at?.space ?? '', start(head), end(head), (run) => {
        const word = run.values[0] ?? 0;
        return { values: [pteKind(word) === 'PRESENT' ? word | pteFlag.write : word, run.values[1] ?? 0] };
      }),
    ),
  },
  'migration copies no contents': {
    breaks: [
      'migrate',
      'migrate_fault',
      'migrate_multiple',
      'migrate_file_private',
      'migrate_anon_huge_free',
      'migrate_anon_huge_fault',
      'migrate_partial_unmap_fault',
      'migrate_remap_fault',
      'migrate_anon_huge_err',
    ],
    event: andThen(kind('migrateCopy', 'migrate.copy'), (w, head) => spoil(w, head.at?.context ?? '', -1)),
  },
  'eviction copies no contents': {
    breaks: ['migrate_release'],
    event: andThen(kind('migrateCopy', 'evict.copy'), (w) => {
      const dram = w.world.records.pool['dram0'];
      if (dram !== undefined) setContent(w, dram.firstFrame, dram.firstFrame + dram.frames, -1);
    }),
  },
  'a page that stays is not restored': {
    breaks: ['migrate_shared'],
    event: without((head) => head.kind === 'removeMigrationPte' && head.args?.['restored'] === true),
  },
  'a driver finds no destination': {
    breaks: ['hmm_cow_in_device', 'benchmark_thp_migration'],
    event: (head, write) => (kind('migrateCopy', 'migrate.copy')(head) ? () => undefined : write),
  },
  'a hole comes to life with what the device memory held': {
    breaks: ['migrate_anon_huge_empty', 'migrate_anon_huge_zero', 'migrate_anon_huge_zero_err'],
    event: andThen(kind('migrateInsertPage'), (w, head) => {
      const to = Number(head.args?.['to']);
      setContent(w, to, to + (head.at?.pages ?? 0), 5);
    }),
  },
  'huge pages never go as one': {
    breaks: ['migrate_anon_huge_fault'],
    op: (op) => (op.op === 'migrateSetup' ? { ...op, select: op.select.filter((name) => name !== 'compound') } : op),
  },
  'a hugetlb page is mapped by small entries': {
    breaks: ['compound'],
    event: andThen(kind('hugePageMapped', 'fault.cpu.hugetlb'), (w, head) =>
      w.rewrite('pte', head.at?.space ?? '', start(head), end(head), (run) => ({
        values: [withLevel(run.values[0] ?? 0, 0), run.values[1] ?? 0],
      })),
    ),
  },
  'a CPU access does not end a lease': {
    breaks: ['exclusive'],
    event: without((head) => head.kind === 'deviceInvalidate' && head.args?.['event'] === 'CLEAR'),
  },
  'a lease gives the device no entry': {
    breaks: ['exclusive', 'exclusive_mprotect'],
    event: without(kind('deviceMap', 'exclusive.map')),
  },
  'every device entry may write': {
    breaks: ['anon_read', 'double_map'],
    event: andThen(kind('deviceMap', 'mirror.program'), (w, head) =>
      w.rewrite('devicePte', head.at?.context ?? '', start(head), end(head), (run) => ({
        values: [(run.values[0] ?? 0) | deviceFlag.write, run.values[1] ?? 0],
      })),
    ),
  },
  'a pin leaves pages where they are': {
    breaks: ['hmm_gup_test'],
    op: (op) => (op.op === 'pin' ? { ok: true } : op),
  },
  'a driver inserts no page into its mapping': {
    breaks: ['mixedmap'],
    event: andThen(kind('mmapped', 'device.mmap'), (w, head) =>
      w.fill('pte', head.at?.space ?? '', start(head), end(head), null),
    ),
  },
};

/** What no self-test of the kernel does: the parent breaks a page out that its device has mapped. */
const others: Readonly<Record<string, SelfTest>> = {
  'copy-on-write under a mirror': (lab) => {
    const file = lab.open();
    lab.map('buffer', 4);
    lab.fill('A.buffer', 0, 4, 0);
    lab.must({ op: 'fork', by: 'A', child: 'B' });
    lab.run(dmirror.read(file, pages('A.buffer', 0, 4)));
    lab.fill('A.buffer', 0, 4, 10);
    expectValues('the device reads', lab.run(dmirror.read(file, pages('A.buffer', 0, 4))).values, (i) => i + 10);
  },
};
const checks: Readonly<Record<string, SelfTest>> = { ...selfTests, ...others };

/** Whether a self-test, or an invariant on the way, notices. */
function notices(test: string, mutation: Mutation): boolean {
  const watched = caseOf(test, () => {
    const lab = new Lab(
      'private',
      ({ after, op }) => expectEqual(`invariants after ${op.op}`, checkInvariants(after), []),
      rulesWith(mutation),
    );
    checks[test]?.(lab, 'private');
  });
  try {
    return !watched.run().ok;
  } catch {
    // A broken rule may also run the engine into one of its own assertions.
    return true;
  }
}

describe('a rule broken on purpose', () => {
  const each = Object.entries(mutations).flatMap(([name, mutation]) =>
    mutation.breaks.map((test) => ({ name, test, mutation })),
  );

  it.each(each)('$name: $test notices', ({ test, mutation }) => {
    expect(Object.keys(checks)).toContain(test);
    expect(notices(test, mutation)).toBe(true);
  });

  it('is noticed by every self-test for at least one rule', () => {
    const covered = new Set(each.map(({ test }) => test));
    expect(Object.keys(selfTests).filter((test) => !covered.has(test))).toEqual([]);
    expect(Object.keys(mutations).length).toBeGreaterThanOrEqual(10);
  });

  it('is what makes them fail: with all rules whole, none notices anything', () => {
    for (const test of [
      ...Object.keys(others),
      'anon_write_prot',
      'anon_teardown',
      'exclusive',
      'migrate_shared',
      'snapshot',
    ]) {
      expect([test, notices(test, { breaks: [] })]).toEqual([test, false]);
    }
  });
});
