import { z } from 'zod';
import type { OpResult } from './event.ts';
import type { Tx } from './tx.ts';

z.config({ jitless: true });

/** Arguments that operations share. */
export const arg = {
  /** A name of a process, device, buffer: letters, digits, and . _ - */
  name: z
    .string()
    .regex(/^[A-Za-z][\w.-]{0,63}$/, 'a name starts with a letter and has letters, digits, ".", "_" or "-"'),
  /** Who asks: a process, a device, "driver:gpu0", "kernel". */
  actor: z.string().regex(/^[A-Za-z][\w.:-]{0,63}$/, 'an actor is a process, a device, driver:DEVICE or kernel'),
  /** "A.heap", "A.heap[3]", "A.heap[0..4]" (half-open) */
  place: z
    .string()
    .regex(
      /^[A-Za-z][\w-]*\.[A-Za-z][\w-]*(\[\d{1,12}(\.\.\d{1,12})?\])?$/,
      'a place looks like A.heap, A.heap[3] or A.heap[0..4]',
    ),
  context: z.string().regex(/^[A-Za-z][\w.-]*:[A-Za-z][\w-]*$/, 'a context looks like gpu0:A'),
  pages: z
    .number()
    .int()
    .min(1)
    .max(2 ** 33),
  prot: z.enum(['---', 'r--', '-w-', 'rw-', 'r-x', '-wx', 'rwx', '--x']),
  value: z
    .number()
    .int()
    .min(-(2 ** 48))
    .max(2 ** 48),
  count: z.boolean().default(false).describe('the value counts up from page to page'),
  fd: z
    .number()
    .int()
    .min(0)
    .max(2 ** 20),
};

/** One operation: its name, what it means, its arguments as a schema, and the rule that carries it out. */
export interface OpDefinition<N extends string, Shape extends z.core.$ZodLooseShape> {
  readonly name: N;
  readonly doc: string;
  readonly schema: z.ZodObject<{ op: z.ZodLiteral<N>; by: z.ZodString } & Shape, z.core.$strict>;
  readonly rule: (
    tx: Tx,
    op: z.output<z.ZodObject<{ op: z.ZodLiteral<N>; by: z.ZodString } & Shape, z.core.$strict>>,
  ) => OpResult;
}

/** Defines an operation. `doc` is one sentence: what an actor asks for. */
export function defineOp<N extends string, Shape extends z.core.$ZodLooseShape>(
  name: N,
  doc: string,
  shape: Shape,
  rule: OpDefinition<N, Shape>['rule'],
): OpDefinition<N, Shape> {
  const schema = z.strictObject({ op: z.literal(name), by: arg.actor, ...shape }).describe(doc);
  return { name, doc, schema: schema as unknown as OpDefinition<N, Shape>['schema'], rule };
}
