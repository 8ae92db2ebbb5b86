/**
 * The kernel's HMM self-tests (tools/testing/selftests/mm/hmm-tests.c), each in both variants. Page i stands for the
 * i-th integer that a test writes; values of a device are the page's number plus `fromDevice`.
 */
import { caseOf, expectEqual, type Case } from './case.ts';
import * as dmirror from './dmirror.ts';
import { hugeSelfTests } from './self-tests-huge.ts';
import { expectAnswer, expectValues, Lab, pages, type Variant } from './lab.ts';
import { teardown } from './self-test-teardown.ts';

const n = 1024;
const fromDevice = 1_000_000;
const own = (page: number): number => page;

export type SelfTest = (lab: Lab, variant: Variant) => void;

/** A buffer of A that the CPU has written, page i with i. */
function initialised(lab: Lab, as: string, count: number): string {
  lab.map(as, count);
  lab.fill(`A.${as}`, 0, count, 0);
  return `A.${as}`;
}

const basic: Readonly<Record<string, SelfTest>> = {
  open_close: (lab) => {
    const file = lab.open();
    expectEqual('close', lab.run(dmirror.close(file, 1)), 0);
  },

  anon_read: (lab) => {
    const file = lab.open();
    lab.map('buffer', n);
    lab.must({ op: 'read', by: 'A', place: 'A.buffer[1]' });
    lab.fill('A.buffer', 2, n, 2);
    lab.protect('A.buffer', 'r--');
    const answer = lab.run(dmirror.read(file, pages('A.buffer', 0, n)));
    expectAnswer('READ', answer, { cpages: n, faults: 1 });
    expectValues('mirror', answer.values, (i) => (i < 2 ? 0 : i));
  },

  anon_read_prot: (lab) => {
    const file = lab.open();
    const buffer = initialised(lab, 'buffer', n);
    lab.protect(buffer, '---');
    expectEqual('READ', lab.run(dmirror.read(file, pages(buffer, 0, n))).ret, -14);
    lab.protect(buffer, 'rw-');
    lab.expectMemory('memory', buffer, 0, n, own);
  },

  anon_write: (lab) => {
    const file = lab.open();
    lab.map('buffer', n);
    expectAnswer('WRITE', lab.run(dmirror.write(file, pages('A.buffer', 0, n), 0)), { cpages: n, faults: 1 });
    lab.expectMemory('memory', 'A.buffer', 0, n, own);
  },

  anon_write_prot: (lab) => {
    const file = lab.open();
    lab.map('buffer', n, { prot: 'r--' });
    expectAnswer('READ 1', lab.run(dmirror.read(file, pages('A.buffer', 0, 1))), { cpages: 1, faults: 1 });
    expectEqual('WRITE', lab.run(dmirror.write(file, pages('A.buffer', 0, n), 0)).ret, -1);
    lab.expectMemory('memory', 'A.buffer', 0, n, () => 0);
    lab.protect('A.buffer', 'rw-');
    expectAnswer('WRITE', lab.run(dmirror.write(file, pages('A.buffer', 0, n), 0)), { cpages: n, faults: 1 });
    lab.expectMemory('memory', 'A.buffer', 0, n, own);
  },

  anon_write_child: (lab) => {
    const file = lab.open();
    for (const migrate of [false, true]) {
      for (const huge of [false, true]) {
        const name = `buffer${migrate ? 'M' : ''}${huge ? 'H' : ''}`;
        const child = `B${migrate ? 'M' : ''}${huge ? 'H' : ''}`;
        const count = huge ? 512 : n;
        lab.map(name, count, { align: 512 });
        if (huge) lab.must({ op: 'madvise', by: 'A', place: `A.${name}`, advice: 'HUGEPAGE' });
        lab.fill(`A.${name}`, 0, count, 0);
        if (migrate)
          expectAnswer('MIGRATE', lab.run(dmirror.migrateToDevice(file, pages(`A.${name}`, 0, count))), {
            cpages: count,
          });
        lab.must({ op: 'fork', by: 'A', child });
        lab.expectMemory('child before', `${child}.${name}`, 0, count, own, child);
        const theirs = lab.open('dev0', child);
        expectAnswer(
          'WRITE by the child',
          lab.run(dmirror.write(theirs, pages(`${child}.${name}`, 0, count), fromDevice)),
          { cpages: count, faults: 1 },
        );
        if (!migrate) lab.expectMemory('child after', `${child}.${name}`, 0, count, (i) => fromDevice + i, child);
        lab.run(dmirror.close(theirs, 1));
        lab.must({ op: 'exit', by: child });
        lab.expectMemory('parent', `A.${name}`, 0, count, own);
      }
    }
  },

  anon_write_child_shared: (lab) => {
    lab.open();
    lab.map('buffer', n, { shared: true });
    lab.fill('A.buffer', 0, n, 0);
    lab.must({ op: 'fork', by: 'A', child: 'B' });
    lab.expectMemory('child before', 'B.buffer', 0, n, own, 'B');
    const theirs = lab.open('dev0', 'B');
    expectAnswer('WRITE by the child', lab.run(dmirror.write(theirs, pages('B.buffer', 0, n), fromDevice)), {
      cpages: n,
      faults: 1,
    });
    lab.run(dmirror.close(theirs, 1));
    lab.must({ op: 'exit', by: 'B' });
    lab.expectMemory('parent', 'A.buffer', 0, n, (i) => fromDevice + i);
  },

  anon_write_hugetlbfs: (lab) => {
    const file = lab.open();
    lab.map('buffer', 512, { hugetlb: '2M' });
    expectAnswer('WRITE', lab.run(dmirror.write(file, pages('A.buffer', 0, 512), 0)), { cpages: 512, faults: 1 });
    lab.expectMemory('memory', 'A.buffer', 0, 512, own);
  },

  file_read: (lab) => {
    const file = lab.open();
    lab.must({ op: 'file', by: 'A', name: 'tmp', pages: n, value: 0, count: true });
    lab.map('buffer', n, { shared: true, prot: 'r--', file: 'tmp' });
    const answer = lab.run(dmirror.read(file, pages('A.buffer', 0, n)));
    expectAnswer('READ', answer, { cpages: n, faults: 1 });
    expectValues('mirror', answer.values, own);
  },

  file_write: (lab) => {
    const file = lab.open();
    lab.must({ op: 'file', by: 'A', name: 'tmp', pages: n });
    lab.map('buffer', n, { shared: true, file: 'tmp' });
    expectAnswer('WRITE', lab.run(dmirror.write(file, pages('A.buffer', 0, n), 0)), { cpages: n, faults: 1 });
    lab.expectMemory('memory', 'A.buffer', 0, n, own);
    // Another mapping of the file sees what pread would.
    lab.map('again', n, { shared: true, prot: 'r--', file: 'tmp' });
    lab.expectMemory('file', 'A.again', 0, n, own);
  },

  migrate: (lab) => {
    const file = lab.open();
    const buffer = initialised(lab, 'buffer', n);
    const answer = lab.run(dmirror.migrateToDevice(file, pages(buffer, 0, n)));
    expectAnswer('MIGRATE', answer, { cpages: n });
    expectValues('mirror', answer.values, own);
  },

  migrate_file_private: (lab) => {
    const file = lab.open();
    lab.must({ op: 'file', by: 'A', name: 'tmp', pages: n });
    lab.map('buffer', n, { file: 'tmp' });
    lab.fill('A.buffer', 0, n, 0);
    const answer = lab.run(dmirror.migrateToDevice(file, pages('A.buffer', 0, n)));
    expectAnswer('MIGRATE', answer, { cpages: n });
    expectValues('mirror', answer.values, own);
  },

  migrate_fault: (lab) => {
    const file = lab.open();
    const buffer = initialised(lab, 'buffer', n);
    for (const round of ['first', 'second']) {
      const answer = lab.run(dmirror.migrateToDevice(file, pages(buffer, 0, n)));
      expectAnswer(`${round} MIGRATE`, answer, { cpages: n });
      expectValues(`${round} mirror`, answer.values, own);
      lab.expectMemory('memory', buffer, 0, n / 2, own);
    }
  },

  migrate_release: (lab) => {
    const file = lab.open();
    const buffer = initialised(lab, 'buffer', n);
    expectAnswer('MIGRATE', lab.run(dmirror.migrateToDevice(file, pages(buffer, 0, n))), { cpages: n });
    expectEqual('RELEASE', lab.release(file), 0);
    lab.expectMemory('memory', buffer, 0, n, own);
  },

  migrate_shared: (lab) => {
    const file = lab.open();
    lab.map('buffer', n, { shared: true });
    lab.fill('A.buffer', 0, n, 0);
    expectEqual('MIGRATE', lab.run(dmirror.migrateToDevice(file, pages('A.buffer', 0, n))).ret, -2);
    lab.expectMemory('memory', 'A.buffer', 0, n, own);
  },

  migrate_mixed: (lab) => {
    const [dev0, dev1] = [lab.open('dev0'), lab.open('dev1')];
    lab.map('buffer', 6, { prot: '---' });
    const migrate = (file: dmirror.DeviceFile, start: number, end: number) =>
      lab.run(dmirror.migrateToDevice(file, pages('A.buffer', start, end)));
    expectEqual('MIGRATE of what cannot be read', migrate(dev1, 0, 6).ret, -22);
    lab.must({ op: 'munmap', by: 'A', place: 'A.buffer[1]' });
    expectEqual('MIGRATE across a hole', migrate(dev1, 0, 3).ret, -22);
    lab.protect('A.buffer[2]', 'r--');
    lab.must({ op: 'read', by: 'A', place: 'A.buffer[2]' });
    lab.protect('A.buffer[3]', 'rw-');
    lab.fill('A.buffer', 3, 4, 3);
    lab.protect('A.buffer[3]', 'r--');
    lab.protect('A.buffer[4..6]', 'rw-');
    lab.fill('A.buffer', 4, 6, 4);
    expectAnswer('MIGRATE 4 pages', migrate(dev1, 2, 6), { cpages: 4 });
    expectEqual('MIGRATE to the other device', migrate(dev0, 5, 6).ret, -2);
  },

  migrate_multiple: (lab, variant) => {
    const file = lab.open();
    for (let round = 0; round < 10; round++) {
      const buffer = initialised(lab, `buffer${round}`, n);
      const answer = lab.run(dmirror.migrateToDevice(file, pages(buffer, 0, n)));
      expectAnswer('MIGRATE', answer, { cpages: n });
      expectValues('mirror', answer.values, own);
      if (variant === 'coherent')
        expectAnswer('MIGRATE back', lab.run(dmirror.migrateToSystem(file, pages(buffer, 0, n))), { cpages: n });
      lab.expectMemory('memory', buffer, 0, n, own);
      lab.must({ op: 'munmap', by: 'A', place: buffer });
    }
  },

  anon_read_multiple: (lab) => {
    const file = lab.open();
    for (let round = 0; round < 10; round++) {
      lab.map(`buffer${round}`, n);
      lab.fill(`A.buffer${round}`, 0, n, round);
      const answer = lab.run(dmirror.read(file, pages(`A.buffer${round}`, 0, n)));
      expectAnswer('READ', answer, { cpages: n, faults: 1 });
      expectValues('mirror', answer.values, (i) => i + round);
      lab.must({ op: 'munmap', by: 'A', place: `A.buffer${round}` });
    }
  },

  anon_teardown: teardown,

  mixedmap: (lab) => {
    const file = lab.open();
    lab.must({ op: 'mmapDevice', by: 'A', context: file.context, as: 'buffer', pages: 1 });
    expectEqual('SNAPSHOT', lab.run(dmirror.snapshot(file, pages('A.buffer', 0, 1))).values, [0x01]);
  },

  snapshot: (lab, variant) => {
    const [dev0, dev1] = [lab.open('dev0'), lab.open('dev1')];
    lab.map('buffer', 7, { prot: '---' });
    lab.must({ op: 'munmap', by: 'A', place: 'A.buffer[1]' });
    lab.protect('A.buffer[2]', 'r--');
    lab.must({ op: 'read', by: 'A', place: 'A.buffer[2]' });
    lab.protect('A.buffer[3]', 'rw-');
    lab.fill('A.buffer', 3, 4, 3);
    lab.protect('A.buffer[3]', 'r--');
    lab.protect('A.buffer[4..7]', 'rw-');
    lab.fill('A.buffer', 4, 5, 4);
    expectAnswer('MIGRATE to dev0', lab.run(dmirror.migrateToDevice(dev0, pages('A.buffer', 5, 6))), { cpages: 1 });
    expectAnswer('MIGRATE to dev1', lab.run(dmirror.migrateToDevice(dev1, pages('A.buffer', 6, 7))), { cpages: 1 });
    const answer = lab.run(dmirror.snapshot(dev0, pages('A.buffer', 0, 7)));
    const migrated = variant === 'private' ? [0x22, 0x00] : [0x42, 0x52];
    expectEqual('SNAPSHOT', answer.values, [0xff, 0xff, 0x11, 0x01, 0x02, ...migrated]);
  },

  compound: (lab) => {
    const file = lab.open();
    lab.map('buffer', 512, { hugetlb: '2M' });
    lab.fill('A.buffer', 0, 512, 0);
    const look = () => lab.run(dmirror.snapshot(file, pages('A.buffer', 0, 512))).values;
    expectValues('SNAPSHOT', look(), () => 0x06);
    lab.protect('A.buffer', 'r--');
    expectValues('SNAPSHOT read only', look(), () => 0x05);
  },

  double_map: (lab) => {
    const [dev0, dev1] = [lab.open('dev0'), lab.open('dev1')];
    const buffer = initialised(lab, 'buffer', 6);
    lab.protect(buffer, 'r--');
    const all = pages(buffer, 0, 6);
    const reads = (what: string, file: dmirror.DeviceFile): void => {
      const answer = lab.run(dmirror.read(file, all));
      expectAnswer(what, answer, { cpages: 6, faults: 1 });
      expectValues(what, answer.values, own);
    };
    reads('READ by dev0', dev0);
    reads('READ by dev1', dev1);
    expectAnswer('MIGRATE to dev1', lab.run(dmirror.migrateToDevice(dev1, all)), { cpages: 6 });
    reads('READ by dev0 again', dev0);
  },

  exclusive: (lab) => {
    const file = lab.open();
    const buffer = initialised(lab, 'buffer', n);
    const answer = lab.run(dmirror.exclusive(file, pages(buffer, 0, n)));
    expectAnswer('EXCLUSIVE', answer, { cpages: n });
    expectValues('mirror', answer.values, own);
    expectEqual('CHECK_EXCLUSIVE while lent', lab.run(dmirror.checkExclusive(file, pages(buffer, 0, n))).ret, -1);
    lab.expectMemory('memory before', buffer, 0, n, own);
    lab.fill(buffer, 0, n, 1);
    lab.expectMemory('memory after', buffer, 0, n, (i) => i + 1);
    expectEqual('CHECK_EXCLUSIVE', lab.run(dmirror.checkExclusive(file, pages(buffer, 0, n))).ret, 0);
  },

  exclusive_mprotect: (lab) => {
    const file = lab.open();
    const buffer = initialised(lab, 'buffer', n);
    expectAnswer('EXCLUSIVE', lab.run(dmirror.exclusive(file, pages(buffer, 0, n))), { cpages: n });
    lab.protect(buffer, 'r--');
    expectEqual('WRITE', lab.run(dmirror.write(file, pages(buffer, 0, n), fromDevice)).ret, -1);
  },

  exclusive_cow: (lab) => {
    const file = lab.open();
    const buffer = initialised(lab, 'buffer', n);
    expectAnswer('EXCLUSIVE', lab.run(dmirror.exclusive(file, pages(buffer, 0, n))), { cpages: n });
    lab.must({ op: 'fork', by: 'A', child: 'B' });
    for (const by of ['A', 'B']) {
      lab.expectMemory(`${by} before`, `${by}.buffer`, 0, n, own, by);
      lab.fill(`${by}.buffer`, 0, n, by === 'A' ? 1 : 2, by);
    }
    for (const by of ['A', 'B'])
      lab.expectMemory(`${by} after`, `${by}.buffer`, 0, n, (i) => i + (by === 'A' ? 1 : 2), by);
  },

  hmm_gup_test: (lab, variant) => {
    const file = lab.open();
    const buffer = initialised(lab, 'buffer', 4);
    expectAnswer('MIGRATE', lab.run(dmirror.migrateToDevice(file, pages(buffer, 0, 4))), { cpages: 4 });
    const holds = [
      ['get', 'write'],
      ['get', 'write'],
      ['pin', 'write', 'longterm'],
      ['pin', 'write', 'longterm'],
    ] as const;
    holds.forEach((flags, page) => lab.must({ op: 'pin', by: 'A', place: `${buffer}[${page}]`, flags: [...flags] }));
    const short = variant === 'private' ? 0x02 : 0x42;
    expectEqual('SNAPSHOT', lab.run(dmirror.snapshot(file, pages(buffer, 0, 4))).values, [short, short, 0x02, 0x02]);
    lab.expectMemory('memory', buffer, 0, 4, own);
  },

  hmm_cow_in_device: (lab) => {
    const file = lab.open();
    const buffer = initialised(lab, 'buffer', n);
    expectAnswer('MIGRATE', lab.run(dmirror.migrateToDevice(file, pages(buffer, 0, n))), { cpages: n });
    lab.must({ op: 'fork', by: 'A', child: 'B' });
    lab.fill(buffer, 0, n, 7);
    lab.must({ op: 'exit', by: 'B' });
    expectValues('SNAPSHOT', lab.run(dmirror.snapshot(file, pages(buffer, 0, n))).values, () => 0x02);
  },
};

/** All self-tests by name. */
export const selfTests: Readonly<Record<string, SelfTest>> = { ...basic, ...hugeSelfTests };

/** 38 tests in two variants. */
export function selfTestCases(make: (variant: Variant) => Lab = (variant) => new Lab(variant)): readonly Case[] {
  return (['private', 'coherent'] as const).flatMap((variant) =>
    Object.entries(selfTests).map(([name, test]) =>
      caseOf(`selftest/${variant}/${name}`, () => test(make(variant), variant)),
    ),
  );
}
