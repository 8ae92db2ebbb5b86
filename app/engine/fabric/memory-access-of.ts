/** How fast the packages and devices of a machine reach its memories, where its topology tells it (numaperf, HMAT). */
import type { MemoryAccess } from '../../model/fabric.ts';
import { objectsOf } from '../../model/topology.ts';
import type { TopologyIndex } from './topology-index.ts';

/** A row for each memory and each package or device that a figure is told of. */
export function memoryAccessOf(index: TopologyIndex): Record<string, MemoryAccess> {
  const rows: Record<string, MemoryAccess> = {};
  let known: Cpus | null = null;
  const cpus = (): Cpus => (known ??= cpusOf(index));
  for (const attribute of index.topology.memoryAttributes) {
    const from = attribute.initiator;
    const initiators =
      from === null ? [] : from.kind === 'object' ? [index.name(from.object)] : socketsOf(cpus(), from.cpus);
    const target = index.name(attribute.target);
    for (const initiator of initiators) {
      const key = `${target}<${initiator}`;
      const row = rows[key] ?? {
        target,
        initiator,
        readBandwidth: null,
        writeBandwidth: null,
        readLatency: null,
        writeLatency: null,
      };
      rows[key] = { ...row, ...accessFields(attribute.name, attribute.value) };
    }
  }
  return rows;
}

/** Packages that have one of the CPUs. */
function socketsOf(known: Cpus, cpus: readonly { readonly start: number; readonly end: number }[]): readonly string[] {
  const found = new Set<string>();
  for (const { start, end } of cpus) {
    // From the first CPU of the span on, until each socket has been seen: a machine has few.
    let [low, high] = [0, known.list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((known.list[middle]?.index ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    for (let at = low; found.size < known.sockets; at++) {
      const cpu = known.list[at];
      if (cpu === undefined || cpu.index >= end) break;
      found.add(cpu.socket);
    }
  }
  return [...found];
}

/** CPUs in order of their numbers, each with its socket. */
function cpusOf(index: TopologyIndex): Cpus {
  const list = objectsOf(index.topology, 'pu')
    .flatMap((pu) => {
      const socket = index.above(pu, ['package']);
      return pu.osIndex === null || socket === null ? [] : [{ index: pu.osIndex, socket: socket.id }];
    })
    .sort((a, b) => a.index - b.index);
  return { list, sockets: new Set(list.map(({ socket }) => socket)).size };
}

interface Cpus {
  readonly list: readonly { readonly index: number; readonly socket: string }[];
  readonly sockets: number;
}

function accessFields(name: string, value: number): Partial<MemoryAccess> {
  switch (name) {
    case 'Bandwidth':
      return { readBandwidth: value, writeBandwidth: value };
    case 'ReadBandwidth':
      return { readBandwidth: value };
    case 'WriteBandwidth':
      return { writeBandwidth: value };
    case 'Latency':
      return { readLatency: value, writeLatency: value };
    case 'ReadLatency':
      return { readLatency: value };
    case 'WriteLatency':
      return { writeLatency: value };
    default:
      return {};
  }
}
