/**
 * Recordings of a real kernel, as files: one JSON object with the events of one test in one variant.
 *
 * `forEachPage` blocks are expanded here, so that everything behind this file sees single events in order. Sizes are
 * bounded: a recording is input from outside.
 */
import { z } from 'zod';
import { err, ok, type Problem, type Result } from '../base/result.ts';

z.config({ jitless: true });

const maxPages = 1 << 20;
const maxEvents = 2_000_000;

const page = z.number().int().min(0).max(maxPages);
const range = z.tuple([page, page]).refine(([start, end]) => start <= end, 'a range ends before it starts');
const word = z.string().regex(/^[\w-]{1,40}$/);
const task = z.string().regex(/^P\d{1,4}$/, 'a task is P0, P1, ...');

const eventShape = z.strictObject({
  e: word,
  by: task,
  dev: word.optional(),
  buf: word.optional(),
  range: range.optional(),
  page: z.union([page, z.literal('each')]).optional(),
  wider: z.boolean().optional(),
  event: word.optional(),
  prot: z.number().int().min(0).max(15).optional(),
  flags: z.union([z.number().int().min(0), z.string().regex(/^0x[0-9a-f]{1,16}$/)]).optional(),
  advice: z.number().int().min(0).max(1000).optional(),
  newPages: page.optional(),
  toBuf: word.optional(),
  toPage: page.optional(),
  access: z.enum(['read', 'write']).optional(),
  present: z.boolean().optional(),
  request: z.string().max(40).optional(),
  ret: z.number().int().optional(),
  cmd: word.optional(),
  cpages: page.optional(),
  npages: page.optional(),
  nr: page.optional(),
});

const blockShape = z.strictObject({ forEachPage: range, events: z.array(eventShape).min(1).max(100) });

const fileShape = z.object({
  test: z.string().max(200),
  result: z.string().max(40),
  buffers: z.record(word, z.object({ pages: page })),
  events: z.array(z.union([eventShape, blockShape])).max(200_000),
});

/**
 * One thing that happened. `range` is in pages of `buf`, half-open; one page alone is a range of length one, whichever
 * way the file wrote it.
 */
export interface RecordedEvent {
  readonly e: string;
  readonly by: string;
  readonly dev?: string;
  readonly buf?: string;
  readonly range?: readonly [number, number];
  /** The kernel's range was larger than the buffer. */
  readonly wider?: boolean;
  readonly event?: string;
  readonly prot?: number;
  readonly flags?: number | string;
  readonly advice?: number;
  readonly newPages?: number;
  readonly toBuf?: string;
  readonly toPage?: number;
  readonly access?: 'read' | 'write';
  readonly present?: boolean;
  readonly request?: string;
  readonly ret?: number;
  readonly cmd?: string;
  readonly cpages?: number;
  readonly npages?: number;
  readonly nr?: number;
}

export interface Recording {
  readonly test: string;
  readonly buffers: Readonly<Record<string, number>>;
  readonly events: readonly RecordedEvent[];
}

const inputs: ReadonlySet<string> = new Set([
  'open',
  'close',
  'mmap',
  'munmap',
  'mprotect',
  'madvise',
  'mremap',
  'fork',
  'exit',
  'ioctl',
  'cpu_fault',
  'pin_user_pages_fast',
]);

/** What the test asked for, as against what the kernel did. */
export const isInput = (event: RecordedEvent): boolean => inputs.has(event.e);

type Written = z.output<typeof eventShape>;

function single(written: Written, each: number | null): RecordedEvent {
  const { page: at, range: span, ...rest } = written;
  const present = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as unknown as RecordedEvent;
  const first = at === 'each' ? each : at;
  if (first !== undefined && first !== null) return { ...present, range: [first, first + 1] };
  return span === undefined ? present : { ...present, range: [span[0], span[1]] };
}

/** Reads one file. `file` is for messages only. */
export function readRecording(file: string, text: string): Result<Recording, Problem> {
  const problem = (message: string): Result<Recording, Problem> => err({ file, line: 0, column: 0, message });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return problem(
      `not JSON (${error instanceof Error ? error.message : 'unreadable'}); a recording is one JSON object`,
    );
  }
  const parsed = fileShape.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return problem(
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a recording'}; see the format of kernel recordings`,
    );
  }
  const events: RecordedEvent[] = [];
  for (const entry of parsed.data.events) {
    if ('e' in entry) {
      if (entry.page === 'each') return problem(`${entry.e}: "page": "each" outside a forEachPage block`);
      events.push(single(entry, null));
      continue;
    }
    const [start, end] = entry.forEachPage;
    if (events.length + (end - start) * entry.events.length > maxEvents)
      return problem(`more than ${maxEvents} events`);
    for (let each = start; each < end; each++) for (const event of entry.events) events.push(single(event, each));
  }
  const buffers = Object.fromEntries(Object.entries(parsed.data.buffers).map(([name, { pages }]) => [name, pages]));
  return ok({ test: parsed.data.test, buffers, events });
}
