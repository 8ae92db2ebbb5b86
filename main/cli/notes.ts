/** What a reader was not sure of, and what sources disagree about, one line each: FILE:LINE:COLUMN: message. */
import { contradictions, printPlace, printValue } from '../../app/model/provenance.ts';
import type { Topology } from '../../app/model/topology.ts';

/** Contradictions that are listed one by one; sources of two machines have thousands. */
const listed = 200;

export function* notes(machine: Topology): Generator<string> {
  for (const { source, line, message } of machine.warnings)
    yield `${machine.sources[source]?.name ?? ''}:${line ?? 0}:0: ${message}`;
  const found = contradictions(machine);
  for (const { object, field, claims } of found.slice(0, listed)) {
    const [stands, ...others] = claims;
    if (stands === undefined) continue;
    const rest = others.map(({ value, from }) => `${printPlace(machine, from)} says ${printValue(field, value)}`);
    yield `${printPlace(machine, stands.from)}: ${object} ${field} is ${printValue(field, stands.value)}, but ${rest.join(', and ')}`;
  }
  if (found.length > listed) yield `${found.length - listed} more contradictions are left out here: --json has all`;
}
