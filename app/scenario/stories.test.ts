import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { machineOf } from './testing/built-in.ts';
import { loadScenario } from './load.ts';
import { runScenario } from './run.ts';

const folder = new URL('../../assets/scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('the built-in stories', () => {
  it.each(files)('%s: everything that it expects is so', (name) => {
    const loaded = loadScenario(name, readFileSync(new URL(name, folder), 'utf8'));
    expect(loaded.ok ? [] : loaded.error).toEqual([]);
    if (!loaded.ok) return;
    const run = runScenario(loaded.value, machineOf(loaded.value));
    const failed = run.steps.flatMap((step) => step.checks).filter((check) => !check.ok);
    expect(failed.map((check) => `${name}:${check.line}: expected ${check.expected}, but ${check.actual}`)).toEqual([]);
  });
});
