import { Tabs } from 'radix-ui';
import { Grid3x3, List, MessageCircleQuestionMark, Rows3, Workflow, type LucideIcon } from 'lucide-react';
import { AddressPanel } from '../addresses/address-panel.tsx';
import { CompareStrip } from '../compare/compare-strip.tsx';
import { FindField } from '../find/find-field.tsx';
import { GraphCanvas } from '../graph/canvas.tsx';
import { MachineLegend } from '../legend/machine-legend.tsx';
import { LegendStrip } from '../legend/legend-strip.tsx';
import { MatrixPanel } from '../matrices/matrix-panel.tsx';
import { PartsPanel } from '../parts/parts-panel.tsx';
import { QueryPanel } from '../queries/query-panel.tsx';
import { useDocument } from '../stores/document.ts';
import { useLayout, viewNames, type ViewName } from '../stores/layout.ts';
import { Hint } from '../topbar/hint.tsx';
import './views.css';

export const viewTitles: Readonly<Record<ViewName, string>> = {
  graph: 'Graph',
  addresses: 'Addresses',
  matrices: 'Matrices',
  parts: 'Parts',
  queries: 'Queries',
};

const icons: Readonly<Record<ViewName, LucideIcon>> = {
  graph: Workflow,
  addresses: Rows3,
  matrices: Grid3x3,
  parts: List,
  queries: MessageCircleQuestionMark,
};

function GraphView() {
  return (
    <>
      <GraphCanvas />
      <LegendStrip />
      <MachineLegend />
    </>
  );
}

const panels: Readonly<Record<ViewName, () => React.JSX.Element | null>> = {
  graph: GraphView,
  addresses: AddressPanel,
  matrices: MatrixPanel,
  parts: PartsPanel,
  queries: QueryPanel,
};

/** The middle of the window: one of the views of the machine, and the field that finds its parts. */
export function Centre() {
  const view = useLayout((state) => state.view);
  const present = useLayout((state) => state.present);
  const opened = useDocument((state) => state.opened);
  return (
    <Tabs.Root
      className="centre"
      value={view}
      onValueChange={(value) => useLayout.setState({ view: viewNames.find((name) => name === value) ?? 'graph' })}
    >
      {!present && (
        <div className="view-bar">
          <Tabs.List className="view-tabs" aria-label="Views of the machine">
            {viewNames.map((name) => {
              const Icon = icons[name];
              return (
                <Hint key={name} command={`view-${name}`}>
                  <Tabs.Trigger className="view-tab" value={name}>
                    <Icon size={14} aria-hidden="true" />
                    {viewTitles[name]}
                  </Tabs.Trigger>
                </Hint>
              );
            })}
          </Tabs.List>
          <FindField key={opened} />
        </div>
      )}
      {!present && <CompareStrip />}
      {viewNames.map((name) => {
        const Panel = panels[name];
        return (
          <Tabs.Content key={name} className="view-content" value={name} tabIndex={-1}>
            <Panel key={opened} />
          </Tabs.Content>
        );
      })}
    </Tabs.Root>
  );
}
