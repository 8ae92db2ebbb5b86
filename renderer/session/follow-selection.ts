import { showTab, useLayout, type InspectorTab } from '../stores/layout.ts';
import { useSelection, type Selection } from '../stores/selection.ts';

/** Tabs that answer a selection, the best first. */
const answering: Readonly<Record<Selection['kind'], readonly InspectorTab[]>> = {
  node: ['object'],
  event: ['why', 'events'],
  page: ['tables', 'why'],
  mapping: ['tables', 'why'],
};

/** A selection made anywhere is answered in the inspector: the tab stays where it answers already. Returns the end of it. */
export function followSelection(): () => void {
  return useSelection.subscribe(({ selected }, before) => {
    if (selected === null || selected === before.selected) return;
    const { view, finding, tab, present, panels, narrow, drawer } = useLayout.getState();
    if (present || (!narrow && !panels.inspector)) return;
    // A drawer would cover the table that one moves in, and the field that one types into.
    if (narrow && !drawer && selected.kind === 'node' && (view !== 'graph' || finding)) return;
    const tabs = answering[selected.kind];
    const [best] = tabs;
    if (best !== undefined && (!tabs.includes(tab) || (narrow && !drawer))) showTab(tabs.includes(tab) ? tab : best);
  });
}
