/** The conformance suite as one pure function: the host reads the files, this runs the cases. */
import { err, ok, type Problem, type Result } from '../base/result.ts';
import { accelCases } from './accel-cases.ts';
import type { Case, CaseResult } from './case.ts';
import { dmaBufCases } from './dma-buf-cases.ts';
import { notifierCases } from './notifier-cases.ts';
import { peerCases } from './peer-cases.ts';
import { runPeerCase } from './peer-case.ts';
import { readRecording } from './recording.ts';
import { replay } from './replay.ts';
import { selfTestCases } from './self-tests.ts';

/** A file that may be a recording; `name` has at least the folder that it lies in ("4k/hmm.private.migrate.json"). */
export interface RecordingFile {
  readonly name: string;
  readonly text: string;
}

export interface ConformRequest {
  readonly recordings?: readonly RecordingFile[];
  /** Only cases whose id contains this; "*" stands for anything. */
  readonly only?: string;
}

export interface ConformReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cases: readonly CaseResult[];
}

const quoted = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

function matcher(only: string | undefined): (id: string) => boolean {
  if (only === undefined || only === '') return () => true;
  const pattern = new RegExp(only.split('*').map(quoted).join('.*'));
  return (id) => pattern.test(id);
}

/** "recording/4k/hmm.private.migrate" of ".../4k/hmm.private.migrate.json": the last folder and the name. */
function idOf(prefix: string, name: string): string {
  const parts = name.replace(/\.json$/, '').split(/[\\/]/);
  return `${prefix}/${parts.slice(-2).join('/')}`;
}

/** What kind of recording a text is, by its first key; null: none. */
function kindOf(text: string): 'kernel' | 'peer' | null {
  const start = text.slice(0, 4096);
  if (/^\s*\{\s*"test"\s*:/.test(start)) return 'kernel';
  return /^\s*\{\s*"kernel"\s*:/.test(start) ? 'peer' : null;
}

function kernelCase(file: RecordingFile, id: string): Result<Case, Problem> {
  const recording = readRecording(file.name, file.text);
  if (!recording.ok) return recording;
  const thp = /(^|[\\/])thp[\\/][^\\/]*$/.test(file.name) ? 'always' : 'never';
  return ok({
    id,
    run: () => {
      const { matched, of, first } = replay(recording.value, { thp });
      return first === null ? { id, ok: true, matched, of } : { id, ok: false, matched, of, first };
    },
  });
}

function peerCase(file: RecordingFile): Result<Case, Problem> {
  try {
    const json: unknown = JSON.parse(file.text);
    const id = `recording/p2pdma/${file.name.replace(/^.*[\\/]/, '').replace(/\.json$/, '')}`;
    return ok({ id, run: () => runPeerCase(id, json) });
  } catch (error) {
    return err({
      file: file.name,
      line: 0,
      column: 0,
      message: error instanceof Error ? error.message : 'not a recording',
    });
  }
}

/** The cases of a request in order; a file that claims to be a recording and is not readable is a problem. */
export function casesOf(request: ConformRequest): Result<readonly Case[], readonly Problem[]> {
  const matches = matcher(request.only);
  const problems: Problem[] = [];
  const cases: Case[] = [
    ...selfTestCases(),
    ...notifierCases(),
    ...accelCases(),
    ...dmaBufCases(),
    ...peerCases(),
  ].filter(({ id }) => matches(id));
  for (const file of request.recordings ?? []) {
    const kind = kindOf(file.text);
    const id = kind === 'kernel' ? idOf('recording', file.name) : '';
    if (kind === null || (kind === 'kernel' && !matches(id))) continue;
    const made = kind === 'kernel' ? kernelCase(file, id) : peerCase(file);
    if (!made.ok) problems.push(made.error);
    else if (matches(made.value.id)) cases.push(made.value);
  }
  return problems.length > 0 ? err(problems) : ok(cases);
}

/** Runs every case that the request names. */
export function conform(request: ConformRequest = {}): Result<ConformReport, readonly Problem[]> {
  const cases = casesOf(request);
  if (!cases.ok) return cases;
  const results = cases.value.map((each) => each.run());
  const passed = results.filter((result) => result.ok).length;
  return ok({ passed, failed: results.length - passed, skipped: 0, cases: results });
}
