import type { NumaNode } from '../../model/topology.ts';
import { onPackageHbm } from '../cpu-vendor.ts';
import type { TopologyDraft } from '../draft.ts';

/**
 * Gives a kind to nodes that the file does not label: memory that CPUs are on is DRAM; further memory at the same place
 * is HBM only where the processor is known to carry some; all else stays unknown.
 */
export function inferMemoryKinds(draft: TopologyDraft): void {
  const nodes = draft.objects.filter((object): object is NumaNode => object.kind === 'numaNode');
  const cpu = draft.objects.find((object) => object.kind === 'package');
  const hbm = onPackageHbm(cpu?.name ?? null, cpu?.family ?? null, cpu?.model ?? null);
  const first = new Map<string, NumaNode>();
  const place = (node: NumaNode): string => JSON.stringify(node.nearCpus);
  const atPlace = new Map<string, number>();
  for (const node of nodes) atPlace.set(place(node), (atPlace.get(place(node)) ?? 0) + 1);
  const wasAdded = (node: NumaNode): boolean => node.facts['DAXDevice'] !== undefined;
  for (const node of nodes) {
    const known = first.get(place(node));
    if (!wasAdded(node) && (known === undefined || (node.osIndex ?? 0) < (known.osIndex ?? 0)))
      first.set(place(node), node);
  }
  for (const node of nodes) {
    const owns =
      node.cpus === null
        ? first.get(place(node)) === node && (node.nearCpus === null || node.nearCpus.length > 0)
        : node.cpus.length > 0;
    const alone = atPlace.get(place(node)) === 1;
    const cpus = node.cpus ?? (owns && alone ? node.nearCpus : null);
    const kind: Pick<NumaNode, 'memoryKind' | 'memoryKindInferred'> =
      node.memoryKind !== 'unknown'
        ? node
        : owns
          ? { memoryKind: 'dram', memoryKindInferred: 'the file does not label it; CPUs are on the node' }
          : hbm !== null
            ? { memoryKind: 'hbm', memoryKindInferred: hbm }
            : node;
    draft.replace({ ...node, cpus, memoryKind: kind.memoryKind, memoryKindInferred: kind.memoryKindInferred });
  }
}
