import { z } from 'zod';
import { scenarioSchema } from './schema.ts';

/** The published JSON Schema of scenario files, so that other editors complete and check them. */
export const scenarioJsonSchema = (): Readonly<Record<string, unknown>> =>
  z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-2020-12', reused: 'ref' });
