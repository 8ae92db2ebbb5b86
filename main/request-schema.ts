/** Requests as they come from outside, parsed: a name that exists, arguments of its form, bounded in size. */
import { z } from 'zod';
import type { RequestName } from '../app/contract/requests.ts';
import { fabricSchemas } from './fabric-query-schema.ts';

z.config({ jitless: true });

const index = z.number().int().min(-1).max(1e9);
const count = z
  .number()
  .int()
  .min(0)
  .max(2 ** 35);
const key = z.string().max(256);
const cursor = z.strictObject({ step: index, event: z.number().int().min(0).max(1e9).nullable() });
const maxText = 64 * 1024 * 1024;

const target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('event'), step: index, event: index }),
  z.strictObject({ kind: z.literal('page'), table: key, page: count }),
  z.strictObject({ kind: z.literal('mapping'), table: key, column: z.number().int().min(0).max(4096), page: count }),
]);

const singleSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('builtin'), id: key }),
  z.strictObject({ kind: z.literal('text'), name: key, text: z.string().max(maxText) }),
  z.strictObject({
    kind: z.literal('bytes'),
    name: key,
    bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= maxText, 'too large'),
  }),
  z.strictObject({ kind: z.literal('path'), path: z.string().max(4096) }),
  z.strictObject({ kind: z.literal('this-machine') }),
]);

const openSource = z.discriminatedUnion('kind', [
  ...singleSource.options,
  z.strictObject({ kind: z.literal('several'), parts: z.array(singleSource).min(1).max(32), added: z.boolean() }),
]);
const share = z.number().min(0).max(1);
const span = z.strictObject({ start: count, end: count });
const partKey = z.string().max(1024);
const partColumn = z.enum(['name', 'kind', 'where', 'size', 'pci', 'node', 'source']);

export const argumentSchemas: Readonly<Record<RequestName, z.ZodType<readonly unknown[]>>> = {
  ...fabricSchemas,
  catalog: z.tuple([]),
  current: z.tuple([]),
  timeline: z.tuple([]),
  open: z.tuple([openSource]),
  graph: z.tuple([cursor]),
  frame: z.tuple([z.strictObject({ cursor, from: cursor.nullable() })]),
  strip: z.tuple([
    z.strictObject({
      cursor,
      strip: key,
      start: count,
      pages: count,
      cells: z
        .number()
        .int()
        .min(0)
        .max(1 << 20),
    }),
  ]),
  pages: z.tuple([z.strictObject({ cursor, table: key, start: count, count: z.number().int().min(0).max(2000) })]),
  why: z.tuple([z.strictObject({ cursor, target })]),
  parts: z.tuple([
    z.strictObject({
      filter: z.string().max(256),
      kind: key.nullable(),
      differing: z.boolean(),
      sort: partColumn.nullable(),
      descending: z.boolean(),
      start: count,
      count: z.number().int().min(0).max(2000),
      reveal: partKey.nullable(),
    }),
  ]),
  part: z.tuple([partKey]),
  find: z.tuple([z.strictObject({ text: z.string().max(256), count: z.number().int().min(0).max(200) })]),
  matrices: z.tuple([]),
  matrix: z.tuple([z.strictObject({ id: key, rows: span, columns: span, reveal: partKey.nullable() })]),
  addresses: z.tuple([
    z.strictObject({
      scale: z.enum(['even', 'true']),
      from: share,
      to: share,
      pixels: z.number().int().min(0).max(16384),
      reveal: partKey.nullable(),
    }),
  ]),
  compare: z.tuple([openSource.nullable()]),
};

export const isRequestName = (name: unknown): name is RequestName =>
  typeof name === 'string' && Object.hasOwn(argumentSchemas, name);
