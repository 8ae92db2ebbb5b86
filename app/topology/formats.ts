import type { Problem, Result } from '../base/result.ts';
import type { Topology, TopologyFormat } from '../model/topology.ts';
import { readHwloc } from './hwloc/read.ts';
import { isIomem, readIomem } from './iomem.ts';
import { isSnapshot, readSnapshot } from './linux/read.ts';
import { isMemscapeTopology, readMemscape } from './memscape/read.ts';
import { rootElementOf } from './xml-root.ts';

/** What a reader is given: the whole file. `name` is for messages only. */
export interface TopologyInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface TopologyReader {
  readonly format: TopologyFormat;
  /** Decides by content, from the first kilobytes. */
  recognise(input: TopologyInput): boolean;
  read(input: TopologyInput): Result<Topology, readonly Problem[]>;
}

/** In the order in which they are asked. */
export const formats: readonly TopologyReader[] = [
  { format: 'linux-snapshot', recognise: isSnapshot, read: readSnapshot },
  { format: 'memscape', recognise: isMemscapeTopology, read: readMemscape },
  { format: 'hwloc-xml', recognise: ({ bytes }) => rootElementOf(bytes) === 'topology', read: readHwloc },
  { format: 'iomem', recognise: isIomem, read: readIomem },
];

export const undecided =
  'not a description of a machine that Memscape knows: hwloc, NCCL or RCCL XML, a Linux snapshot (tar.gz), lspci, nvidia-smi topo, rocm-smi --showtopo, numactl -H, /proc/iomem, cxl or daxctl list, or a Memscape topology file';
