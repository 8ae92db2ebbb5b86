/**
 * What a step may expect. A form asserts one thing and reads as a sentence; together they reach every field that an
 * operation can change: entries of CPUs and devices, frames, words of a mirror or a migration, the page cache, records,
 * and what happened: events, their order, results, broken invariants.
 */
import { z } from 'zod';
import { arg } from '../engine/define-op.ts';
import { eventKinds, type EventKind } from '../engine/event-kinds.ts';
import { deviceTargets } from '../model/device-pte.ts';
import { pteKinds } from '../model/pte.ts';
import { recordTableNames } from '../model/world.ts';

z.config({ jitless: true });

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };
const plain: z.ZodType<Plain> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(plain), z.record(z.string(), plain)]),
);
const kinds = Object.keys(eventKinds) as [EventKind, ...EventKind[]];
const kind = z.enum(kinds);
const count = z.number().int().min(0);
const letters = z.string().max(4096);

/** A frame by who names it: "A.heap[2]" through the CPU's entry, "gpu0:A A.heap[2]" through the device's. */
const frameName = z
  .string()
  .regex(
    /^([A-Za-z][\w.-]*:[A-Za-z][\w-]*\s+)?[A-Za-z][\w-]*\.[A-Za-z][\w-]*(\[\d{1,12}(\.\.\d{1,12})?\])?$/,
    'a frame is named by a page (A.heap[2]) or by a device entry (gpu0:A A.heap[2])',
  );

const entryFields = z
  .strictObject({
    entry: z.enum(pteKinds),
    write: z.boolean().describe('the entry, or what it stands for, permits writing'),
    young: z.boolean(),
    dirty: z.boolean(),
    softDirty: z.boolean(),
    uffdWp: z.boolean(),
    special: z.boolean(),
    exclusive: z.boolean().describe('of a swap entry'),
    level: z.number().int().min(0).max(2).describe('0: a PTE, 1: part of a 2 MiB leaf, 2: of a 1 GiB leaf'),
    pool: z.string().nullable().describe('where its frame lies; null: it has none'),
    value: z.number().nullable(),
  })
  .partial();

const deviceFields = z
  .strictObject({
    target: z.enum(['INVALID', ...deviceTargets]),
    read: z.boolean(),
    write: z.boolean(),
    atomic: z.boolean(),
    pool: z.string().nullable(),
    value: z.number().nullable(),
  })
  .partial();

const frameFields = z
  .strictObject({
    free: z.boolean(),
    refs: z.number(),
    maps: z.number(),
    pins: z.number(),
    content: z.number(),
    pool: z.string(),
    anonExclusive: z.boolean(),
    dirty: z.boolean(),
    locked: z.boolean(),
    pageCache: z.boolean(),
    swapCache: z.boolean(),
    poisoned: z.boolean(),
    isolated: z.boolean(),
    driverHeld: z.boolean(),
    swapBacked: z.boolean(),
    order: z.number().int(),
    anonVma: z.number().int(),
    index: z.number().int(),
  })
  .partial();

const recordName = z
  .string()
  .regex(
    new RegExp(`^(${recordTableNames.join('|')})\\..`),
    `a record is named TABLE.KEY; tables are ${recordTableNames.join(', ')}`,
  );

const addressFields = z
  .strictObject({
    target: z.enum(['NONE', ...deviceTargets]),
    write: z.boolean(),
    pool: z.string().nullable().describe('where the frames lie; null: it has no address'),
    value: z.number().nullable().describe('what the first page holds, seen through the address'),
    pages: z.number().int().describe('pages that it has addresses for'),
  })
  .partial();

export const expectSchema = z.union([
  z
    .strictObject({ strip: arg.place, shows: letters })
    .describe('CPU entries, a letter a page (legend), upper case where writable'),
  z
    .strictObject({ device: arg.context, place: arg.place, shows: letters })
    .describe("a device's entries for the same pages, as letters"),
  z
    .strictObject({ device: arg.context, place: arg.place, is: deviceFields })
    .describe("fields of a device's entries, the same for every page of the place"),
  z
    .strictObject({ value: arg.place, is: arg.value, count: z.boolean().optional() })
    .describe('what the pages hold, through the CPU entry; count: it counts up from page to page'),
  z
    .strictObject({ page: arg.place, is: entryFields })
    .describe('fields of CPU entries, the same for every page of the place'),
  z.strictObject({ frame: frameName, has: frameFields }).describe('fields of the frames that the pages name'),
  z
    .strictObject({ same: z.tuple([frameName, frameName]), frame: z.boolean() })
    .describe('whether two pages name the same frame'),
  z
    .strictObject({ record: recordName, has: z.record(z.string(), plain) })
    .describe('fields of a record, nested ones by path'),
  z.strictObject({ record: recordName, exists: z.boolean() }).describe('whether there is such a record'),
  z
    .strictObject({
      words: z.enum(['source', 'destination', 'mirror']),
      context: arg.context,
      place: arg.place,
      shows: letters,
    })
    .describe(
      'words of a migration or of hmm_range_fault. source: "." skipped, "h" hole, "m" collected (upper case: writable), "x" not moved after all; destination: "." declined, "d" given; mirror: "." nothing, "v" valid (upper case: writable), "!" error',
    ),
  z
    .strictObject({ object: arg.name, holds: arg.value, count: z.boolean().optional() })
    .describe('what the pages of a buffer object hold; count: it counts up from page to page'),
  z
    .strictObject({
      addresses: z.string().regex(/^[A-Za-z][\w.:-]{0,127}$/, 'an attachment or a memory region'),
      are: addressFields,
    })
    .describe('what an importing device has for an attachment or a memory region'),
  z
    .strictObject({ translations: arg.context, place: arg.place, shows: letters })
    .describe('what a device has cached of an address space that it shares: "." nothing, "t" (upper case: writable)'),
  z
    .strictObject({ cached: arg.name, shows: letters })
    .describe('pages of a file in the page cache: "f" cached, "." not'),
  z.strictObject({ time: count }).describe('simulated time that the step takes, in ns'),
  z
    .strictObject({ link: z.string().min(1).max(256), carries: count })
    .describe('bytes that this step moves over a link, by its id or "A--B"'),
  z
    .strictObject({
      event: kind,
      count: count.optional(),
      args: z.record(z.string(), plain).optional(),
      by: arg.actor.optional(),
      at: arg.place.optional(),
      context: arg.context.optional(),
      rule: z.string().optional().describe('id of the rule, or what it begins with: "fault.cpu"'),
    })
    .describe('events of this step; without a count: at least one'),
  z.strictObject({ order: z.array(kind).min(2) }).describe('these events of this step come in this order'),
  z
    .strictObject({
      result: z.string().regex(/^(ok|waits|E[A-Z0-9]+|SIG[A-Z]+)$/, 'a result is ok, waits, an errno or a signal'),
      of: count.optional().describe('which operation of the step, from 0; without: the last'),
    })
    .describe('how an operation of this step ends'),
  z
    .strictObject({
      broken: z.string().regex(/^[A-Z]\d+$/, 'an invariant is named I1 to I14'),
      at: z.string().optional(),
    })
    .describe('an invariant that does not hold after this step; all others do'),
]);
export type Expectation = z.output<typeof expectSchema>;
