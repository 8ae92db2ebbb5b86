import type { PciBridge } from '../model/topology.ts';
import type { TopologyDraft } from './draft.ts';

/**
 * Port types where no PCI Express capability told them (`bridge`): a bridge on a root bus is a root port; below one, a
 * bridge with nothing but bridges below is the upstream port of a switch, and those are its downstream ports.
 */
export function inferPortRoles(draft: TopologyDraft): void {
  const children = new Map<string, string[]>();
  for (const object of draft.objects) {
    if (object.parent === null || (object.kind !== 'pciBridge' && object.kind !== 'pciFunction')) continue;
    const siblings = children.get(object.parent);
    if (siblings === undefined) children.set(object.parent, [object.id]);
    else siblings.push(object.id);
  }
  const kindOf = (id: string | null): string | undefined => (id === null ? undefined : draft.get(id)?.kind);
  const visit = (bridge: PciBridge, above: PciBridge['role'] | null): void => {
    const below = children.get(bridge.id) ?? [];
    let { role } = bridge;
    if (role === 'bridge') {
      if (kindOf(bridge.parent) === 'hostBridge') role = 'rootPort';
      else if (above === 'upstream') role = 'downstream';
      else if (
        (above === 'rootPort' || above === 'downstream') &&
        below.length > 0 &&
        below.every((id) => kindOf(id) === 'pciBridge')
      )
        role = 'upstream';
    }
    if (role !== bridge.role) draft.replace({ ...bridge, role });
    for (const id of below) {
      const child = draft.get(id);
      if (child?.kind === 'pciBridge') visit(child, role);
    }
  };
  for (const object of draft.objects) {
    if (object.kind === 'pciBridge' && kindOf(object.parent) !== 'pciBridge') visit(object, null);
  }
}
