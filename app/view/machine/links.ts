/** The links that a machine tells beside its tree: memory channels, sockets, NVLink, xGMI, CXL. */
import { printRate } from '../../base/format.ts';
import type { LinkKind } from '../../model/topology.ts';
import type { Sketch } from './sketch.ts';

const words: ReadonlyMap<LinkKind, string> = new Map([
  ['nvlink', 'NVLink'],
  ['xgmi', 'xGMI'],
  ['on-package', 'on package'],
  ['network', 'network'],
]);

/** The node at which a wire ends: links of devices to a memory node of a package end at its CPU. */
function wireEnd(sketch: Sketch, id: string, other: string): string | null {
  const isMemoryNode = sketch.object(id)?.kind === 'numaNode' && sketch.object(other)?.kind === 'pciFunction';
  // The memory of the device itself is a part of its card, not of the CPU.
  const isOwn = sketch.nearest(id, (object) => object.id === other) !== null;
  const cpu = sketch.hasCpu(id) || (isMemoryNode && !isOwn) ? sketch.cpuOf(id) : null;
  return cpu ?? sketch.drawnAs(id);
}

/** Wires only: what a driver merely reports as reachable is no wire. */
export function drawLinks(sketch: Sketch): void {
  for (const link of sketch.topology.links) {
    if (link.origin !== 'wiring') continue;
    const [one, other] = [wireEnd(sketch, link.a, link.b), wireEnd(sketch, link.b, link.a)];
    if (one === null || other === null || one === other) continue;
    // Wires lead from a CPU to what is attached to it.
    const [a, b] = other.endsWith('/cpu') && !one.endsWith('/cpu') ? [other, one] : [one, other];
    const parts = [
      link.count !== null && link.count > 1 ? `${link.count} ×` : '',
      link.kind === 'unknown' ? '' : (words.get(link.kind) ?? link.kind.toUpperCase()),
      link.bandwidthGBs === null ? '' : `· ${printRate(link.bandwidthGBs)}`,
    ];
    sketch.edge(link.id, a, b, link.kind, parts.filter((part) => part !== '').join(' '), link.bandwidthGBs, {
      latencyNs: link.latencyNs,
      links: link.count,
    });
  }
}
