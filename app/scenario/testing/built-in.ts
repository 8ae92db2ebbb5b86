/** The machines of built-in stories, for tests: what a host's library does in the app. */
import { readFileSync } from 'node:fs';
import type { Topology } from '../../model/topology.ts';
import { parseMemscapeTopology, topologyOf } from '../../topology/memscape/read.ts';
import type { LoadedScenario } from '../load.ts';

const known = new Map<string, Topology>();

function builtIn(id: string): Topology {
  const found = known.get(id);
  if (found !== undefined) return found;
  const text = readFileSync(new URL(`../../../assets/topologies/${id}.yaml`, import.meta.url), 'utf8');
  const read = parseMemscapeTopology(`${id}.yaml`, text);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  known.set(id, read.value);
  return read.value;
}

export function machineOf(scenario: LoadedScenario): Topology {
  const { machine } = scenario.value;
  if (typeof machine === 'string') return builtIn(machine);
  const read = topologyOf(scenario.file, machine, {
    at: (path) => scenario.at(['machine', ...path]),
    problem: (path, message) => scenario.problem(['machine', ...path], message),
  });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}
