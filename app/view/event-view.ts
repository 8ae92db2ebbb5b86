/** Events as rows of the list, in words. */
import type { Json } from '../base/json.ts';
import { plural, printTime } from '../base/format.ts';
import type { EventRow } from '../contract/frame.ts';
import type { World } from '../model/world.ts';
import type { Event } from '../engine/event.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import { namePlace } from '../engine/place.ts';
import { sharingPhrases } from './sharing-phrases.ts';
import { memoryPhrases } from './memory-phrases.ts';
import { ownerPhrases } from './owner-phrases.ts';

/** "A.heap[84..112)", "gpu0:A A.heap[3]", or null where the event has no place. */
export function printPlace(world: World, event: Event): string | null {
  const name = namePlace(world, event.at);
  const { context, device, space } = event.at;
  if (name !== null) return context === undefined ? name : `${context} ${name}`;
  return context ?? device ?? (space === undefined ? null : `process ${space}`);
}

/** Words for the arguments that are worth a glance; the rest is in the event's own data. */
const phrases: Readonly<Record<string, (value: Json) => string>> = {
  errno: String,
  signal: String,
  why: String,
  event: String,
  owner: (v) => (v === null ? '' : `owner ${String(v)}`),
  seq: (v) => `sequence ${String(v)}`,
  checked: (v) => (v === false ? 'the driver does not look' : ''),
  ignored: (v) => (v === true ? 'its own event: ignored' : ''),
  value: (v) => (v === null ? '' : `value ${String(v)}`),
  cpages: (v) => `${String(v)} collected`,
  request: (v) => `for ${String(v)}`,
  ret: (v) => `returns ${String(v)}`,
  child: (v) => `child ${String(v)}`,
  access: String,
  present: (v) => (v === true ? 'present, but not permitted' : ''),
  restored: (v) => (v === true ? 'back to where it was' : ''),
  add: (v) => `+${String(v)}`,
  times: (v) => `${String(v)} times`,
  on: (v) => `on ${String(v)}`,
  name: String,
  prot: String,
  ...sharingPhrases,
  ...ownerPhrases,
  ...memoryPhrases,
};

/** What `retry` says depends on who was asked. */
function printRetry(event: Event): string {
  const { retry } = event.args;
  if (event.kind === 'readRetry') return retry === true ? 'it moved: start over' : 'it did not move';
  return retry === true ? 'under the per-VMA lock: gives up and comes back' : '';
}

export function printDetail(event: Event): string {
  const words = Object.entries(event.args).map(([key, value]) =>
    key === 'retry' ? printRetry(event) : (phrases[key]?.(value) ?? ''),
  );
  const pages = event.group === null ? '' : `each of ${plural(event.at.pages ?? 0, 'page')}`;
  return [...words, pages].filter((word) => word !== '').join(', ');
}

export function eventRow(world: World, event: Event, index: number, base: number, ns = 0): EventRow {
  const kind = eventKinds[event.kind];
  return {
    index,
    kind: event.kind,
    title: kind.title,
    by: event.by,
    cause: event.cause === null ? null : event.cause + base,
    fn: event.fn,
    rule: event.rule,
    where: printPlace(world, event),
    detail: printDetail(event),
    state: kind.state === 'refusal' ? 'refusal' : kind.state,
    changes: event.changes.length,
    ...(ns === 0 ? {} : { time: printTime(ns) }),
  };
}
