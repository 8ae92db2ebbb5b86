/** Questions to the fabric as they come from outside: kinds and engines that there are, sizes and lengths within bounds. */
import { z } from 'zod';
import { deviceKinds, engineKinds } from '../app/model/topology.ts';

z.config({ jitless: true });

const index = z.number().int().min(-1).max(1e9);
const cursor = z.strictObject({ step: index, event: z.number().int().min(0).max(1e9).nullable() });
const name = z.string().max(256);
const positive = z
  .number()
  .int()
  .min(1)
  .max(2 ** 50);
const engine = z.enum([...engineKinds, 'cpu']);

const wish = z.strictObject({
  kind: z.enum(deviceKinds).nullable(),
  engine: z.enum(engineKinds).nullable(),
  pasids: positive.nullable(),
  peer: name.nullable(),
  memoryBytes: positive.nullable(),
  withinNs: positive.nullable(),
  atomics: z.array(z.union([z.literal(32), z.literal(64), z.literal(128)])).max(3),
  ats: z.boolean(),
  pri: z.boolean(),
  isolated: z.boolean(),
  sameHostBridge: name.nullable(),
});

export const fabricSchemas = {
  fabricOffer: z.tuple([cursor]),
  fabricPlaces: z.tuple([
    z.strictObject({
      cursor,
      text: z.string().max(256),
      of: z.union([z.enum(['place', 'function']), engine]),
      count: z.number().int().min(0).max(200),
    }),
  ]),
  findRoutes: z.tuple([z.strictObject({ cursor, from: name, to: name })]),
  findDevices: z.tuple([z.strictObject({ cursor, wish })]),
  planPipeline: z.tuple([
    z.strictObject({
      cursor,
      stages: z
        .array(z.strictObject({ engine, on: name.nullable() }))
        .min(1)
        .max(16),
      bytes: positive,
    }),
  ]),
} as const;
