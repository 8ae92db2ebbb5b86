import { z } from 'zod';

/** Arguments that say which pages of a buffer or a memory region somebody reaches. */
export const reachedPages = {
  first: z
    .number()
    .int()
    .min(0)
    .max(2 ** 35)
    .default(0)
    .describe('first page of the buffer or region'),
  pages: z
    .number()
    .int()
    .min(1)
    .max(2 ** 30)
    .default(1),
};
