/** A topology from what the command line names: a file, a folder, "-", a built-in machine, this machine; or several of one machine. */
import type { Topology, TopologyFormat } from '../../app/model/topology.ts';
import { topologyFormats } from '../../app/model/topology.ts';
import { encodeText } from '../../app/base/text.ts';
import { combineTopologies } from '../../app/topology/combine/combine.ts';
import { readTopology } from '../../app/topology/read-topology.ts';
import { nodeLibrary } from '../node-library.ts';
import { BadInput, badInput } from './exit.ts';
import { readInput } from './input.ts';

const isFormat = (name: string): name is TopologyFormat => (topologyFormats as readonly string[]).includes(name);

/** Far more than a machine has listings. */
const maxSources = 32;

/** All that is named, as one machine. */
export async function topologySources(sources: readonly string[], as?: string): Promise<Topology> {
  const [first = '-'] = sources;
  if (sources.length > maxSources)
    throw badInput(first, `${sources.length} sources are named; at most ${maxSources} are combined`);
  if (sources.length > 1 && as !== undefined)
    throw badInput(first, '--as is for one source: leave it out, each is recognised by its content');
  if (sources.filter((source) => source === '-').length > 1)
    throw badInput('-', 'standard input can be read once: name files for the others');
  const machines: Topology[] = [];
  for (const source of sources) machines.push(await topologySource(source, as));
  return combineTopologies(machines);
}

async function topologySource(source: string, as?: string): Promise<Topology> {
  if (as !== undefined && !isFormat(as))
    throw badInput(source, `there is no format "${as}": use one of ${topologyFormats.join(', ')}`);
  const library = nodeLibrary({ mayRead: () => true, folder: process.cwd() });
  if (source === 'this-machine') {
    const machine = await library.thisMachine();
    if (machine === null)
      throw badInput(source, 'this machine cannot be looked at: that needs Linux with /proc and /sys');
    return machine;
  }
  const builtin = await library.builtin('topology', source);
  const unpacked = builtin === null && source !== '-' ? ((await library.folder?.(source)) ?? null) : null;
  if (unpacked !== null) {
    if (!unpacked.ok) throw new BadInput(unpacked.error.map((problem) => ({ ...problem, file: source })));
    return {
      ...unpacked.value,
      sources: unpacked.value.sources.map((one) => ({ ...one, name: source })),
    };
  }
  const read = readTopology(
    builtin === null ? source : `${source}.yaml`,
    builtin === null ? await readInput(source) : encodeText(builtin),
    as === undefined ? {} : { as },
  );
  if (!read.ok) throw new BadInput(read.error);
  return read.value;
}
