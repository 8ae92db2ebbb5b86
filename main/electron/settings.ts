/** What the desktop app remembers between runs, in one small file that is parsed like any input. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const boundsSchema = z.strictObject({
  x: z.number().int().optional(),
  y: z.number().int().optional(),
  width: z.number().int().min(640).max(16_384),
  height: z.number().int().min(480).max(16_384),
  maximized: z.boolean(),
});
const settingsSchema = z.strictObject({
  window: boundsSchema.nullable().catch(null),
  recent: z.array(z.string().max(4096)).max(20).catch([]),
});

export type WindowBounds = z.output<typeof boundsSchema>;
export type Settings = z.output<typeof settingsSchema>;

const fresh: Settings = { window: null, recent: [] };

/** The settings in a file; what cannot be read is forgotten. */
export function readSettings(file: string): Settings {
  try {
    const parsed = settingsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : fresh;
  } catch {
    return fresh;
  }
}

/** Writes them; a disk that is full or read-only costs the memory, not the app. */
export function writeSettings(file: string, settings: Settings): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(settings));
  } catch (error) {
    process.stderr.write(`settings are not kept: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** A path at the head of the recent files. */
export const withRecent = (recent: readonly string[], path: string): string[] =>
  [path, ...recent.filter((other) => other !== path)].slice(0, 10);
