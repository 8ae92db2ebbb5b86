import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { printEvent } from './compare.ts';
import { knownDifferences } from './known-differences.ts';
import type { RecordedEvent } from './recording.ts';
import { casesOf, conform, type RecordingFile } from './run.ts';

const shared = join(import.meta.dirname, '../../../shared/data');
const folders = ['kernel-recordings/4k', 'kernel-recordings/thp', 'p2pdma-recordings'];
const present = existsSync(shared);
const files: readonly RecordingFile[] = present
  ? folders.flatMap((folder) =>
      readdirSync(join(shared, folder))
        .filter((name) => name.endsWith('.json'))
        .map((name) => ({ name: `${folder}/${name}`, text: readFileSync(join(shared, folder, name), 'utf8') })),
    )
  : [];
if (!present) console.log('recordings of a real kernel: all skipped, ../shared is absent');

const cases = (only: string, recordings: readonly RecordingFile[] = []) => {
  const found = casesOf({ only, recordings });
  if (!found.ok) throw new Error(found.error.map(({ message }) => message).join('\n'));
  return found.value;
};

describe('self-tests of the test driver', () => {
  it.each(cases('selftest/'))('$id', ({ run }) => {
    expect(run().first).toBeUndefined();
  });

  it('are 38 in two variants', () => {
    expect(cases('selftest/private/').length).toBe(38);
    expect(cases('selftest/coherent/').length).toBe(38);
  });
});

describe('dma-buf and its importers', () => {
  it.each(cases('dma-buf/'))('$id', ({ run }) => {
    expect(run().first).toBeUndefined();
  });
});

describe('interval notifiers', () => {
  it.each(cases('notifier/'))('$id', ({ run }) => {
    expect(run().first).toBeUndefined();
  });
});

describe('device nodes and error counters', () => {
  it.each(cases('accel/'))('$id', ({ run }) => {
    expect(run().first).toBeUndefined();
  });

  it('are 8', () => {
    expect(cases('accel/').length).toBe(8);
  });
});

describe('peer-to-peer decisions', () => {
  it.each(cases('p2pdma/'))('$id', ({ run }) => {
    expect(run().first).toBeUndefined();
  });

  it('are 28 topologies and 5 registrations', () => {
    expect(cases('p2pdma/').filter(({ id }) => /^p2pdma\/\d+$/.test(id)).length).toBe(28);
    expect(cases('p2pdma/R').length).toBe(5);
  });
});

const kernelCases = cases('recording/', files).filter(({ id }) => !id.startsWith('recording/p2pdma/'));

const brief = (event: unknown): string => (event === null ? 'nothing' : printEvent(event as RecordedEvent));

describe.skipIf(!present)('recordings of a real kernel', () => {
  it.each(kernelCases)('$id: the engine does what the kernel did', ({ id, run }) => {
    const { ok, matched, of, first } = run();
    const known = knownDifferences.find((difference) => difference.id === id);
    const story =
      first === undefined ? 'all' : `${matched} of ${of}, then ${brief(first.expected)} but ${brief(first.actual)}`;
    expect({ matched: ok ? 'all' : matched, story }).toEqual({ matched: known?.matched ?? 'all', story });
  });

  it('are all but four or fewer followed to the end', () => {
    expect(kernelCases.length).toBe(89);
    expect(knownDifferences.length).toBeLessThanOrEqual(4);
  });

  it.each(cases('recording/p2pdma/', files))('$id: every pair is decided as the kernel decided it', ({ run }) => {
    expect(run().first).toBeUndefined();
  });
});

describe('the conformance suite', () => {
  it('runs only what is asked for and counts it', () => {
    const report = conform({ only: 'notifier/N1*' });
    expect(report.ok && report.value.cases.map(({ id }) => id)).toEqual(['notifier/N1', 'notifier/N10']);
    expect(report.ok && [report.value.passed, report.value.failed, report.value.skipped]).toEqual([2, 0, 0]);
  });

  it('names the first difference of a recording that is not what the engine does', () => {
    const recording = {
      test: 'hmm.hmm_device_private.made_up',
      result: 'pass',
      buffers: { A: { pages: 4 } },
      events: [
        { e: 'open', by: 'P0', dev: 'D0' },
        { e: 'mmap', by: 'P0', buf: 'A', range: [0, 4], prot: 3, flags: '0x22' },
        { e: 'cpu_fault', by: 'P0', buf: 'A', page: 2, access: 'write', present: false },
        { e: 'do_anonymous_page', by: 'P0', buf: 'A', page: 3 },
      ],
    };
    const report = conform({
      only: 'recording/',
      recordings: [{ name: '4k/made_up.json', text: JSON.stringify(recording) }],
    });
    const first = report.ok ? report.value.cases[0]?.first : undefined;
    expect(report.ok && report.value.cases[0]?.matched).toBe(1);
    expect(first && [brief(first.expected), brief(first.actual)]).toEqual([
      'P0 do_anonymous_page A[3]',
      'P0 do_anonymous_page A[2]',
    ]);
  });

  it('says which file is no recording, and why', () => {
    const report = conform({
      recordings: [{ name: '4k/broken.json', text: '{"test": "x", "events": 3}' }],
      only: 'recording/',
    });
    expect(!report.ok && report.error.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      expect.stringContaining('4k/broken.json: '),
    ]);
  });

  it('leaves files alone that are no recordings', () => {
    const report = conform({ recordings: [{ name: 'README.md', text: '# What is here' }], only: 'recording/' });
    expect(report.ok && report.value.cases).toEqual([]);
  });
});
