/** The self-tests of transparent huge pages. */
import { expectEqual } from './case.ts';
import * as dmirror from './dmirror.ts';
import { expectAnswer, expectValues, pages, type Lab } from './lab.ts';
import type { SelfTest } from './self-tests.ts';

const n = 512;
const own = (page: number): number => page;

/** A 2 MiB buffer at a 2 MiB border, advised to be huge. */
function huge(lab: Lab, as: string, prot: 'r--' | 'rw-' = 'rw-'): string {
  lab.map(as, n, { align: n, prot });
  lab.must({ op: 'madvise', by: 'A', place: `A.${as}`, advice: 'HUGEPAGE' });
  return `A.${as}`;
}

const migrated = (lab: Lab, file: dmirror.DeviceFile, buffer: string, expected: (page: number) => number): void => {
  const answer = lab.run(dmirror.migrateToDevice(file, pages(buffer, 0, n)));
  expectAnswer('MIGRATE', answer, { cpages: n });
  expectValues('mirror', answer.values, expected);
};

export const hugeSelfTests: Readonly<Record<string, SelfTest>> = {
  anon_write_huge: (lab) => {
    const file = lab.open();
    const buffer = huge(lab, 'buffer');
    expectAnswer('WRITE', lab.run(dmirror.write(file, pages(buffer, 0, n), 0)), { cpages: n, faults: 1 });
    lab.expectMemory('memory', buffer, 0, n, own);
  },

  migrate_anon_huge_empty: (lab) => {
    const file = lab.open();
    migrated(lab, file, huge(lab, 'buffer', 'r--'), () => 0);
  },

  migrate_anon_huge_zero: (lab) => {
    const file = lab.open();
    const buffer = huge(lab, 'buffer', 'r--');
    lab.must({ op: 'read', by: 'A', place: `${buffer}[0]` });
    migrated(lab, file, buffer, () => 0);
    lab.expectMemory('memory', buffer, 0, n, () => 0);
  },

  migrate_anon_huge_free: (lab) => {
    const file = lab.open();
    const buffer = huge(lab, 'buffer');
    lab.fill(buffer, 0, n, 0);
    migrated(lab, file, buffer, own);
    lab.must({ op: 'madvise', by: 'A', place: buffer, advice: 'FREE' });
  },

  migrate_anon_huge_fault: (lab, variant) => {
    const file = lab.open();
    lab.map('buffer', n, { align: n });
    lab.fill('A.buffer', 0, n, 0);
    lab.must({ op: 'madvise', by: 'A', place: 'A.buffer', advice: 'COLLAPSE' });
    migrated(lab, file, 'A.buffer', own);
    if (variant === 'private')
      expectValues('SNAPSHOT', lab.run(dmirror.snapshot(file, pages('A.buffer', 0, n))).values, () => 0x26);
    lab.expectMemory('memory', 'A.buffer', 0, n, own);
  },

  migrate_partial_unmap_fault: (lab) => {
    const file = lab.open();
    for (const thp of [false, true]) {
      for (const offset of [0, n / 4, n / 2]) {
        const as = `buffer${thp ? 'H' : ''}${offset}`;
        lab.map(as, n, { align: n });
        lab.must({ op: 'madvise', by: 'A', place: `A.${as}`, advice: thp ? 'HUGEPAGE' : 'NOHUGEPAGE' });
        lab.fill(`A.${as}`, 0, n, 0);
        migrated(lab, file, `A.${as}`, own);
        lab.must({ op: 'munmap', by: 'A', place: `A.${as}[${offset}..${offset + n / 2}]` });
        if (offset > 0) lab.expectMemory('memory before the gap', `A.${as}`, 0, offset, own);
        if (offset < n / 2) lab.expectMemory('memory after the gap', `A.${as}`, offset + n / 2, n, own);
      }
    }
  },

  migrate_remap_fault: (lab) => {
    const file = lab.open();
    let round = 0;
    for (const before of [true, false]) {
      for (const dontUnmap of [false, true]) {
        for (const thp of [false, true]) {
          for (const offset of [0, n / 4, n / 2]) {
            const [as, target] = [`from${round}`, `to${round}`];
            round++;
            lab.map(as, n, { align: n });
            lab.map(target, n, { align: n });
            lab.must({ op: 'madvise', by: 'A', place: `A.${as}`, advice: thp ? 'HUGEPAGE' : 'NOHUGEPAGE' });
            lab.fill(`A.${as}`, 0, n, 0);
            const to = (lab.world.records.buffer[`A.${target}`]?.start ?? 0) + offset;
            const remap = (): void => lab.must({ op: 'mremap', by: 'A', place: `A.${as}[0..${n / 2}]`, to, dontUnmap });
            const moved = pages(`A.${target}`, offset, offset + n / 2);
            if (before) {
              remap();
              expectAnswer('MIGRATE', lab.run(dmirror.migrateToDevice(file, moved)), { cpages: n / 2 });
            } else {
              migrated(lab, file, `A.${as}`, own);
              remap();
            }
            lab.expectMemory('the moved half', moved.buffer, moved.start, moved.end, (i) => i - offset);
            lab.expectMemory('the other half', `A.${as}`, n / 2, n, own);
          }
        }
      }
    }
  },

  migrate_anon_huge_err: (lab) => {
    const file = lab.open();
    for (const round of ['to the device', 'to system memory']) {
      const buffer = huge(lab, `buffer${round.length}`);
      lab.fill(buffer, 0, n, 0);
      if (round === 'to the device') {
        lab.run(dmirror.flags(file, 1));
        migrated(lab, file, buffer, own);
      } else {
        migrated(lab, file, buffer, own);
        lab.run(dmirror.flags(file, 1));
        expectEqual('MIGRATE back', lab.run(dmirror.migrateToSystem(file, pages(buffer, 0, n))).ret, 0);
      }
      lab.expectMemory('memory', buffer, 0, n, own);
    }
  },

  migrate_anon_huge_zero_err: (lab) => {
    const file = lab.open();
    for (const touched of [false, true]) {
      const buffer = huge(lab, `buffer${touched ? 'Z' : ''}`, 'r--');
      if (touched) lab.must({ op: 'read', by: 'A', place: `${buffer}[0]` });
      lab.run(dmirror.flags(file, 1));
      migrated(lab, file, buffer, () => 0);
      lab.expectMemory('memory', buffer, 0, n, () => 0);
    }
  },

  benchmark_thp_migration: (lab) => {
    const file = lab.open();
    for (const [round, count] of [n / 4, n / 2, n, 2 * n, 4 * n, 8 * n, 128 * n].entries()) {
      for (const thp of [false, true]) {
        const as = `buffer${round}${thp ? 'H' : ''}`;
        lab.map(as, count, { align: n });
        lab.must({ op: 'madvise', by: 'A', place: `A.${as}`, advice: thp ? 'HUGEPAGE' : 'NOHUGEPAGE' });
        lab.must({ op: 'write', by: 'A', place: `A.${as}`, value: 1 });
        const all = pages(`A.${as}`, 0, count);
        expectEqual('MIGRATE', lab.run(dmirror.migrateToDevice(file, all)).ret, 0);
        expectEqual('MIGRATE back', lab.run(dmirror.migrateToSystem(file, all)).ret, 0);
        lab.must({ op: 'munmap', by: 'A', place: `A.${as}` });
      }
    }
  },
};
