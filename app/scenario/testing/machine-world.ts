/** Worlds of built-in machines, for tests. */
import { readFileSync } from 'node:fs';
import { initialWorld } from '../../engine/initial-world.ts';
import type { World } from '../../model/world.ts';
import { parseMemscapeTopology } from '../../topology/memscape/read.ts';
import { engineSpec } from '../engine-spec.ts';

/** A machine as it has booted, from the text of a topology file. */
export function bootWorld(text: string): World {
  const read = parseMemscapeTopology('machine.yaml', text);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return initialWorld(engineSpec(read.value));
}

/** A built-in machine. */
export const machineWorld = (id: string): World =>
  bootWorld(readFileSync(new URL(`../../../assets/topologies/${id}.yaml`, import.meta.url), 'utf8'));
