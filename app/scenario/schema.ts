/** The scenario file format, version 1. The published JSON Schema is made from this. */
import { z } from 'zod';
import { arg } from '../engine/define-op.ts';
import { opSchema } from '../engine/operations.ts';
import { driverNames } from '../model/driver-presets.ts';
import { topologyFileSchema } from '../topology/memscape/schema.ts';
import { expectSchema } from './expectation.ts';

z.config({ jitless: true });

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

/** A machine written into the scenario: a topology file without its first two lines, or with them. */
const inlineMachine = topologyFileSchema.extend({
  memscape: z.literal('topology').default('topology'),
  version: z.literal(1).default(1),
});

export const scenarioSchema = z.strictObject({
  version: z.literal(1),
  id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'an id has lower-case letters, digits and "-"'),
  title: z.string().min(1).max(120),
  line: z.string().min(1).max(300).describe('one line for lists'),
  thread: z.enum(['S0', 'S1', 'S2', 'S3', 'S4']).nullable().default(null),
  machine: z
    .union([z.string().min(1).max(4096), inlineMachine])
    .describe('a built-in machine by id, a topology file beside this one, or the machine itself'),
  thp: z.enum(['always', 'madvise', 'never']).default('never'),
  swap: z
    .number()
    .int()
    .min(0)
    .max(2 ** 30)
    .default(2 ** 18)
    .describe('pages that swap space has room for; 0: there is no swap'),
  /** How a device of the machine behaves where the story needs it to. */
  devices: z
    .record(
      arg.name,
      z
        .strictObject({
          preset: z
            .enum(driverNames)
            .describe('behaves like the driver of this name; what is given besides counts more'),
          faultPages: z.number().int().min(1),
          migratePages: z.number().int().min(1),
          bringBackPages: z.number().int().min(1),
          owner: arg.name.describe(
            'owner token: devices with the same one treat the memory of each other as their own',
          ),
          ownerLeaves: z
            .enum(['keep', 'revoke', 'recycle'])
            .describe('what becomes of exported memory of the device when its last owner leaves'),
          iommu: arg.name.describe('kind of IOMMU: devices behind the same kind share the domain of a process'),
          translation: z
            .enum(['ats', 'cpu'])
            .describe("cpu: the device uses the CPU's own page tables, as CAPI devices do"),
        })
        .partial(),
    )
    .default({}),
  steps: z.array(stepSchema).min(1).max(10_000),
});
export type Scenario = z.output<typeof scenarioSchema>;
