/** The scenario file format, version 1. The published JSON Schema is made from this. */
import { z } from 'zod';
import { arg } from '../engine/define-op.ts';
import { eventKinds, type EventKind } from '../engine/event-kinds.ts';
import { opSchema } from '../engine/operations.ts';
import { pteKinds } from '../model/pte.ts';
import { recordTableNames } from '../model/world.ts';

z.config({ jitless: true });

const plain = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const kinds = Object.keys(eventKinds) as [EventKind, ...EventKind[]];
const frameFields = z
  .strictObject({
    refs: z.number(),
    maps: z.number(),
    pins: z.number(),
    content: z.number(),
    flags: z.number(),
    pool: z.string(),
  })
  .partial();

/** What must hold after a step. Each form asserts one thing and reads as a sentence. */
export const expectSchema = z.union([
  z
    .strictObject({ strip: arg.place, shows: z.string() })
    .describe('CPU entries, a letter a page (legend), upper case where writable'),
  z
    .strictObject({ device: arg.context, place: arg.place, shows: z.string() })
    .describe('entries of a device for the same pages'),
  z
    .strictObject({ value: arg.place, is: arg.value, count: z.boolean().optional() })
    .describe('what the pages hold, through the CPU entry'),
  z
    .strictObject({ page: arg.place, entry: z.enum(pteKinds), write: z.boolean().optional() })
    .describe('kind of a CPU entry'),
  z.strictObject({ frame: arg.place, has: frameFields }).describe('fields of the frame that a page names'),
  z
    .strictObject({ same: z.tuple([arg.place, arg.place]), frame: z.boolean() })
    .describe('whether two pages name the same frame'),
  z
    .strictObject({
      record: z
        .string()
        .regex(
          new RegExp(`^(${recordTableNames.join('|')})\\.`),
          `a record is named TABLE.KEY; tables are ${recordTableNames.join(', ')}`,
        ),
      has: z.record(z.string(), plain),
    })
    .describe('fields of a record, nested ones by path'),
  z
    .strictObject({
      event: z.enum(kinds),
      count: z.number().int().min(0).optional(),
      args: z.record(z.string(), plain).optional(),
      by: arg.actor.optional(),
    })
    .describe('events of this step; without a count: at least one'),
  z.strictObject({ order: z.array(z.enum(kinds)).min(2) }).describe('these events of this step come in this order'),
  z
    .strictObject({ result: z.string(), of: z.number().int().min(0).optional() })
    .describe('how an operation of this step ends: ok, an errno, a signal, or "waits"'),
  z
    .strictObject({ broken: z.string(), at: z.string().optional() })
    .describe('an invariant that does not hold after this step; all others do'),
]);
export type Expectation = z.output<typeof expectSchema>;

const reading = z.strictObject({ see: z.string().min(1).max(200), in: z.string().max(200).optional() });
export type Reading = z.output<typeof reading>;

const stepSchema = z.strictObject({
  title: z.string().min(1).max(120),
  say: z.string().max(4000).default(''),
  lesson: z.string().max(1000).optional(),
  do: z.array(opSchema).max(10_000).default([]),
  expect: z.array(expectSchema).max(1000).default([]),
  read: z.array(reading).max(50).default([]),
});
export type ScenarioStep = z.output<typeof stepSchema>;

export const scenarioSchema = z.strictObject({
  version: z.literal(1),
  id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'an id has lower-case letters, digits and "-"'),
  title: z.string().min(1).max(120),
  line: z.string().min(1).max(300).describe('one line for lists'),
  thread: z.enum(['S0', 'S1', 'S2', 'S3', 'S4']).nullable().default(null),
  machine: z.string().min(1).max(4096).describe('a built-in machine by id, or a topology file'),
  thp: z.enum(['always', 'madvise', 'never']).default('never'),
  /** How a device of the machine behaves where the story needs it to. */
  devices: z
    .record(
      arg.name,
      z
        .strictObject({
          faultPages: z.number().int().min(1),
          migratePages: z.number().int().min(1),
          bringBackPages: z.number().int().min(1),
        })
        .partial(),
    )
    .default({}),
  steps: z.array(stepSchema).min(1).max(10_000),
});
export type Scenario = z.output<typeof scenarioSchema>;
