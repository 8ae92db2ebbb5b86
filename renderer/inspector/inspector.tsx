import { Tabs } from 'radix-ui';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { inspectorTabs, useLayout, type InspectorTab } from '../stores/layout.ts';
import { CopyButton } from './copy-button.tsx';
import { EventsPanel } from './events-panel.tsx';
import { ObjectPanel } from './object-panel.tsx';
import { PageTablePanel } from './page-table-panel.tsx';
import { WhyPanel } from './why-panel.tsx';
import './page-table.css';
import './inspector.css';

export const tabTitles: Readonly<Record<InspectorTab, string>> = {
  tables: 'Page tables',
  why: 'Why',
  object: 'Object',
  events: 'Events',
};

const panels: Readonly<Record<InspectorTab, () => React.JSX.Element>> = {
  tables: PageTablePanel,
  why: WhyPanel,
  object: ObjectPanel,
  events: EventsPanel,
};

/** The tabs of what is open. A bare machine has no pages and no events: its facts are all there is. */
export function useShownTabs(): readonly InspectorTab[] {
  const steps = useDocument((state) => state.head?.steps.length ?? 0);
  return steps === 0 ? ['object'] : inspectorTabs;
}

/** Tables, causes, facts and events of what the cursor is on. */
export function Inspector() {
  const tab = useLayout((state) => state.tab);
  const events = useFrame((state) => state.frame?.totalEvents ?? 0);
  const shown = useShownTabs();
  return (
    <section className="inspector-place" aria-label="Tables, causes and facts">
      <Tabs.Root
        className="inspector"
        value={shown.includes(tab) ? tab : 'object'}
        onValueChange={(value) => useLayout.setState({ tab: inspectorTabs.find((name) => name === value) ?? 'tables' })}
      >
        <div className="tabs-row">
          <Tabs.List className="tabs" aria-label="Panels">
            {shown.map((name) => (
              <Tabs.Trigger key={name} className="tab" value={name}>
                {tabTitles[name]}
                {name === 'events' && events > 0 && <span className="tab-count">{events}</span>}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          <CopyButton />
        </div>
        {shown.map((name) => {
          const Panel = panels[name];
          return (
            <Tabs.Content key={name} className="tab-content" value={name} tabIndex={-1}>
              <Panel />
            </Tabs.Content>
          );
        })}
      </Tabs.Root>
    </section>
  );
}
