import type { Problem, Result } from '../base/result.ts';
import type { Topology, TopologyFormat } from '../model/topology.ts';
import { isCxlList, readCxlList } from './cxl-list.ts';
import { isDaxctlList, readDaxctlList } from './daxctl-list.ts';
import { readHwloc } from './hwloc/read.ts';
import { isIomem, readIomem } from './iomem.ts';
import { isSnapshot, readSnapshot } from './linux/read.ts';
import { isLspci, readLspci } from './lspci/read.ts';
import { isMemscapeTopology, readMemscape } from './memscape/read.ts';
import { readNccl } from './nccl.ts';
import { isNumactl, readNumactl } from './numactl.ts';
import { isNvidiaSmi, readNvidiaSmi } from './nvidia-smi.ts';
import { isRocmSmi, readRocmSmi } from './rocm-smi.ts';
import { rootElementOf } from './xml-root.ts';

/** What a reader is given: the whole file. `name` is for messages only. */
export interface TopologyInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface TopologyReader {
  readonly format: TopologyFormat;
  /** Largest input that is read, far above what any machine makes. */
  readonly maxBytes: number;
  /** Decides by content, from the first kilobytes. */
  recognise(input: TopologyInput): boolean;
  read(input: TopologyInput): Result<Topology, readonly Problem[]>;
}

const mebibyte = 1024 * 1024;

/** No source of any format is larger, packed or not. */
export const maxInputBytes = 256 * mebibyte;

/** In the order in which they are asked. */
export const formats: readonly TopologyReader[] = [
  { format: 'linux-snapshot', maxBytes: maxInputBytes, recognise: isSnapshot, read: readSnapshot },
  { format: 'memscape', maxBytes: 16 * mebibyte, recognise: isMemscapeTopology, read: readMemscape },
  {
    format: 'hwloc-xml',
    maxBytes: 64 * mebibyte,
    recognise: ({ bytes }) => rootElementOf(bytes) === 'topology',
    read: readHwloc,
  },
  {
    format: 'nccl-xml',
    maxBytes: 64 * mebibyte,
    recognise: ({ bytes }) => ['system', 'graphs'].includes(rootElementOf(bytes) ?? ''),
    read: readNccl,
  },
  { format: 'daxctl-list', maxBytes: 16 * mebibyte, recognise: isDaxctlList, read: readDaxctlList },
  { format: 'cxl-list', maxBytes: 16 * mebibyte, recognise: isCxlList, read: readCxlList },
  { format: 'rocm-smi-topo', maxBytes: 16 * mebibyte, recognise: isRocmSmi, read: readRocmSmi },
  { format: 'nvidia-smi-topo', maxBytes: 16 * mebibyte, recognise: isNvidiaSmi, read: readNvidiaSmi },
  { format: 'numactl', maxBytes: 16 * mebibyte, recognise: isNumactl, read: readNumactl },
  { format: 'iomem', maxBytes: 16 * mebibyte, recognise: isIomem, read: readIomem },
  { format: 'lspci', maxBytes: 16 * mebibyte, recognise: isLspci, read: readLspci },
];

export const undecided =
  'not a description of a machine that Memscape knows: hwloc, NCCL or RCCL XML, a Linux snapshot (tar.gz), lspci, nvidia-smi topo, rocm-smi --showtopo, numactl -H, /proc/iomem, cxl or daxctl list, or a Memscape topology file';
