import type { CostOverrides } from '../../model/costs.ts';
import type { CountName, Topology, TopologyFormat } from '../../model/topology.ts';
import { Contradictions } from './contradictions.ts';
import { known } from './fields.ts';
import { Figures } from './figures.ts';
import { matchObjects, type Note } from './identity.ts';
import { Parts } from './parts.ts';
import { renumber } from './renumber.ts';
import { Wires } from './wires.ts';

/** Whose word on the order of things counts first: what shows the whole machine before what shows a part of it. */
const rank: readonly TopologyFormat[] = [
  'memscape',
  'this-machine',
  'linux-snapshot',
  'hwloc-xml',
  'lspci',
  'nccl-xml',
  'numactl',
  'cxl-list',
  'daxctl-list',
  'rocm-smi-topo',
  'nvidia-smi-topo',
  'iomem',
];

/**
 * Several descriptions of one machine as one. Things are matched by PCI address, NUMA node, CPU number and the names that
 * the operating system gives; what one source leaves open another fills in; where two contradict each other the first
 * value stands and both are listed. Which source stands first does not depend on the order of the arguments but for sources
 * of one format.
 */
export function combineTopologies(given: readonly Topology[]): Topology {
  const [only] = given;
  if (only !== undefined && given.length === 1) return only;
  const offsets = given.map((_, i) => given.slice(0, i).reduce((sum, topology) => sum + topology.sources.length, 0));
  const moved = given.map((topology, i) => renumber(topology, offsets[i] ?? 0));
  const place = (topology: Topology): number => Math.max(0, rank.indexOf(topology.sources[0]?.format ?? 'iomem'));
  const ordered = moved.toSorted((a, b) => place(a) - place(b));
  const combination = new Combination();
  for (const topology of ordered) combination.add(topology);
  return combination.finish(moved);
}

class Combination {
  readonly #contradictions = new Contradictions();
  readonly #parts = new Parts(this.#contradictions);
  readonly #wires = new Wires(this.#contradictions);
  readonly #figures = new Figures(this.#contradictions);
  readonly #notes: Note[] = [];
  readonly #tells = new Set<CountName>();
  #ranges: Topology['addressRanges'] = [];
  #policy: Topology['policy'] = { cpuForwardsPeers: null, iommu: null };
  /** Figures of the cost model; what an earlier source sets stands. */
  #costs: CostOverrides = {};
  #title: string | null = null;
  #added = 0;
  #first = 0;

  add(topology: Topology): void {
    const source = topology.objects[0]?.from[0]?.source ?? 0;
    if (this.#added === 0) this.#first = source;
    const ids = matchObjects(topology, source, this.#parts, this.#notes);
    const shared = [...ids.values()].filter((id) => id !== 'machine' && this.#parts.get(id) !== undefined).length;
    if (this.#added > 0 && shared === 0 && topology.objects.length > 1) {
      this.#notes.push({
        source,
        line: null,
        message: 'nothing in this source is also in the others: is it the same machine?',
      });
    }
    for (const object of topology.objects) this.#parts.add(object, ids, source);
    for (const link of topology.links) this.#wires.add(link, ids, source);
    for (const matrix of topology.matrices) this.#figures.addMatrix(matrix, ids, source);
    for (const attribute of topology.memoryAttributes) this.#figures.addAttribute(attribute, ids, source);
    if (this.#ranges.length === 0)
      this.#ranges = topology.addressRanges.map((range) => ({
        ...range,
        object: range.object === null ? null : (ids.get(range.object) ?? null),
      }));
    const report = this.#contradictions.report('machine', this.#first, source);
    this.#costs = { ...topology.costs, ...this.#costs };
    this.#policy = {
      cpuForwardsPeers: known(
        'policy.cpuForwardsPeers',
        this.#policy.cpuForwardsPeers,
        topology.policy.cpuForwardsPeers,
        report,
      ),
      iommu: known('policy.iommu', this.#policy.iommu, topology.policy.iommu, report),
    };
    this.#title ??= topology.title;
    for (const name of topology.tells) this.#tells.add(name);
    for (const conflict of topology.conflicts) {
      const object = ids.get(conflict.object) ?? conflict.object;
      this.#contradictions.add({ ...conflict, object });
    }
    this.#added += 1;
  }

  finish(given: readonly Topology[]): Topology {
    return {
      title: this.#title,
      sources: given.flatMap((topology) => topology.sources),
      objects: this.#parts.parentsFirst(),
      links: this.#wires.all(),
      matrices: this.#figures.matrices,
      memoryAttributes: this.#figures.attributes(),
      addressRanges: this.#ranges,
      policy: this.#policy,
      ...(Object.keys(this.#costs).length === 0 ? {} : { costs: this.#costs }),
      tells: [...this.#tells],
      warnings: [...given.flatMap((topology) => topology.warnings), ...this.#notes],
      conflicts: this.#contradictions.all(),
    };
  }
}
