import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Topology } from '../../model/topology.ts';
import { readTopology } from '../read-topology.ts';

/** The collection of real machine descriptions with their oracles, beside the project; tests skip where it is absent. */
const root = new URL('../../../../shared/data/topologies/', import.meta.url);
export const hasDescriptions = existsSync(root);

export const describedIn = (folder: string, pattern: RegExp): readonly string[] =>
  hasDescriptions ? readdirSync(new URL(`${folder}/`, root)).filter((name) => pattern.test(name)) : [];

export const bytesOf = (path: string): Uint8Array => readFileSync(new URL(path, root));

export function machineOf(path: string): Topology {
  const result = readTopology(path, bytesOf(path));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

export const oracleOf = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`oracle/${name}.counts.json`, root), 'utf8')) as T;
