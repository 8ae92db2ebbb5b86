/**
 * Events of the engine in the words of a recording: the vocabulary names the recorded event, addresses become pages of
 * buffers, and a group of events becomes those events for each of its pages in turn.
 */
import type { Span } from '../base/span.ts';
import { eventKinds, type EventKind, type EventKindRow } from '../engine/event-kinds.ts';
import type { Event } from '../engine/event.ts';
import type { World } from '../model/world.ts';
import { returnValue } from './errno.ts';
import type { RecordedEvent } from './recording.ts';

/** A buffer of a recording and where the replay put it, in virtual page numbers. */
export interface PlacedBuffer extends Span {
  readonly name: string;
}

/** How the names of a replay map to those of its recording. */
export interface Names {
  readonly buffers: readonly PlacedBuffer[];
  /** The recording's name of an open device file, by context. */
  readonly files: ReadonlyMap<string, string>;
}

/** Recorded by name but never seen in a recording: compilers inline the function, so its probe never fired. */
const unprobed: ReadonlySet<EventKind> = new Set(['restoreExclusivePte']);

/** What a test asks for is not what the kernel does; only a fault is both. */
const asked: ReadonlySet<EventKind> = new Set([
  'mmapped',
  'munmapped',
  'mprotected',
  'madvised',
  'mremapped',
  'forked',
  'exited',
  'pinned',
  'deviceOpened',
  'deviceClosed',
]);

const isRecorded = (kind: EventKind): boolean =>
  (eventKinds[kind] as EventKindRow).recorded !== undefined && !unprobed.has(kind) && !asked.has(kind);

const requestWords: Readonly<Record<string, string>> = {
  read: '0x8000000000000000',
  write: '0xc000000000000000',
  snapshot: 'snapshot',
};
const selectBits: Readonly<Record<string, number>> = { system: 1, private: 2, coherent: 4, compound: 8 };

type Fields = Partial<Omit<RecordedEvent, 'e' | 'by' | 'buf' | 'range'>>;

/** The fields of an event besides its place. */
function fieldsOf(event: Event, names: Names): Fields {
  const { args } = event;
  switch (event.kind) {
    case 'cpuFault':
      return { access: args['access'] === 'write' ? 'write' : 'read', present: args['present'] === true };
    case 'notifierStart':
    case 'notifierEnd':
      return { event: String(args['event']) };
    case 'deviceInvalidate':
      return { event: String(args['event']), dev: names.files.get(event.at.context ?? '') ?? '?' };
    case 'hmmRangeFault':
      return { request: requestWords[String(args['request'])] ?? '?' };
    case 'hmmRangeFaultRet':
    case 'migrateVmaSetupRet':
      return { ret: returnValue(String(args['ret'])) };
    case 'migrateVmaSetup': {
      const select = Array.isArray(args['select']) ? args['select'] : [];
      return { flags: select.reduce((bits: number, name) => bits | (selectBits[String(name)] ?? 0), 0) };
    }
    case 'migrateVmaPages':
    case 'migrateVmaFinalize':
      return { cpages: Number(args['cpages']) };
    case 'migrateDeviceRange':
    case 'migrateDevicePages':
    case 'migrateDeviceFinalize':
      return { npages: Number(args['npages']) };
    default:
      return {};
  }
}

const placeless: ReadonlySet<EventKind> = new Set([
  'folioSplit',
  'hmmRangeFaultRet',
  'migrateVmaSetupRet',
  'migrateDeviceRange',
  'migrateDevicePages',
  'migrateDeviceFinalize',
]);

/** mm_has_notifiers: the recorder sees a range event only of an address space that was ever mirrored. */
const everMirrored = (world: World, space: string): boolean =>
  Object.values(world.records.context).some((context) => context.space === space && context.mirrored);

/** One event, for pages [start, end) of its place: nothing, one, or one for each buffer that the range touches. */
function one(
  event: Event,
  start: number,
  end: number,
  by: string,
  world: World,
  names: Names,
): readonly RecordedEvent[] {
  const row: EventKindRow = eventKinds[event.kind];
  if (row.recorded === undefined) return [];
  const bracket = event.kind === 'notifierStart' || event.kind === 'notifierEnd';
  if (bracket && (event.args['event'] === 'RELEASE' || !everMirrored(world, event.at.space ?? ''))) return [];
  const base = { e: row.recorded, by, ...fieldsOf(event, names) };
  if (event.kind === 'folioSplit') return new Array<RecordedEvent>(Number(event.args['pieces'])).fill(base);
  if (placeless.has(event.kind)) return [base];
  const found: RecordedEvent[] = [];
  for (const buffer of names.buffers) {
    if (end <= buffer.start || start >= buffer.end) continue;
    const from = Math.max(start, buffer.start);
    const to = Math.min(end, buffer.end);
    const range: readonly [number, number] = [from - buffer.start, to - buffer.start];
    const wider = bracket && (from !== start || to !== end);
    found.push({ ...base, buf: buffer.name, range, ...(wider ? { wider } : {}) });
  }
  return found;
}

const covers = ({ at }: Event, page: number): boolean =>
  at.start === undefined || (page >= at.start && page < at.start + (at.pages ?? 0));

/** The events of one operation as the recorder would have written them, done by task `by`. */
export function translate(events: readonly Event[], by: string, world: World, names: Names): readonly RecordedEvent[] {
  const out: RecordedEvent[] = [];
  const visible = events.filter((event) => isRecorded(event.kind));
  for (let at = 0; at < visible.length;) {
    const first = visible[at];
    if (first === undefined) break;
    if (first.group === null) {
      const start = first.at.start ?? 0;
      out.push(...one(first, start, start + (first.at.pages ?? 0), by, world, names));
      at++;
      continue;
    }
    let last = at;
    while (visible[last]?.group === first.group) last++;
    const group = visible.slice(at, last);
    const from = Math.min(...group.map((event) => event.at.start ?? Infinity));
    const to = Math.max(...group.map((event) => (event.at.start ?? 0) + (event.at.pages ?? 0)));
    for (let page = from; page < to; page++)
      for (const event of group) if (covers(event, page)) out.push(...one(event, page, page + 1, by, world, names));
    at = last;
  }
  return out;
}
