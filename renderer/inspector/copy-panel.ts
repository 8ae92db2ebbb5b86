import { client } from '../client.ts';
import { reportLost } from '../session/lost.ts';
import { useFrame } from '../stores/frame.ts';
import { useLayout, type InspectorTab } from '../stores/layout.ts';
import { useSelection } from '../stores/selection.ts';
import { useTable } from '../stores/table.ts';

/** What each tab shows, as plain data. */
const shown: Readonly<Record<InspectorTab, () => Promise<unknown>>> = {
  tables: async () => useTable.getState().view,
  events: async () => useFrame.getState().frame?.events ?? [],
  object: async () => {
    const { selected } = useSelection.getState();
    const { nodes, edges } = useFrame.getState();
    return selected?.kind === 'node' ? (nodes.get(selected.id) ?? null) : { nodes: [...nodes.values()], edges };
  },
  why: async () => {
    const { selected } = useSelection.getState();
    const { cursor, frame } = useFrame.getState();
    const last = (cursor.event ?? frame?.totalEvents ?? 0) - 1;
    const target =
      selected !== null && selected.kind !== 'node'
        ? selected
        : cursor.step >= 0 && last >= 0
          ? ({ kind: 'event', step: cursor.step, event: last } as const)
          : null;
    return target === null ? null : client().request('why', { cursor, target });
  },
};

/** Puts what the open tab shows on the clipboard, as JSON. True where the clipboard took it. */
export async function copyPanel(): Promise<boolean> {
  try {
    const text = JSON.stringify(await shown[useLayout.getState().tab](), null, 2);
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException)) reportLost(error);
    return false;
  }
}
