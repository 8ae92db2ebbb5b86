import { useEffect, useLayoutEffect, useState, type ReactNode } from 'react';
import { Group, Panel, Separator, usePanelRef } from 'react-resizable-panels';
import { showTab, useLayout, type PanelName } from './stores/layout.ts';
import { useDocument } from './stores/document.ts';
import { Inspector, tabTitles, useShownTabs } from './inspector/inspector.tsx';
import { StoryPanel } from './story/story-panel.tsx';
import { Centre } from './views/centre.tsx';
import { Timeline } from './timeline/timeline.tsx';
import './frame.css';

/** Narrower than this, the inspector is a drawer over the machine. */
const narrowWidth = 1400;

function useNarrow(): boolean {
  const narrow = useLayout((state) => state.narrow);
  useLayoutEffect(() => {
    const query = window.matchMedia(`(width < ${narrowWidth}px)`);
    const follow = (): void => useLayout.setState({ narrow: query.matches });
    follow();
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return narrow;
}

/** Story, machine, tables, and time below. */
export function Frame() {
  const narrow = useNarrow();
  const panels = useLayout((state) => state.panels);
  const present = useLayout((state) => state.present);
  const steps = useDocument((state) => state.head?.steps.length ?? 0);
  const story = panels.story || present;
  const inspector = panels.inspector && !present && !narrow;
  const timeline = panels.timeline && !present && steps > 0;
  return (
    <Group className="frame" orientation="vertical" id="frame-rows">
      <Panel id="main" minSize="40%">
        <Group orientation="horizontal" id="frame-columns">
          <SidePanel name="story" shown={story} size={present ? 480 : 284} least={220}>
            <StoryPanel />
          </SidePanel>
          <Separator className="divider" disabled={!story} data-hidden={!story || undefined} />
          <Panel id="machine" minSize="25%">
            <main className="machine" aria-label="Machine">
              <Centre />
              {narrow && !present && <Drawer />}
            </main>
          </Panel>
          <Separator className="divider" disabled={!inspector} data-hidden={!inspector || undefined} />
          <SidePanel name="inspector" shown={inspector} size={412} least={320}>
            <Inspector />
          </SidePanel>
        </Group>
      </Panel>
      <Separator className="divider divider-row" disabled={!timeline} data-hidden={!timeline || undefined} />
      <SidePanel name="timeline" shown={timeline} size={150} least={84}>
        <section className="timeline-place" aria-label="Timeline">
          <Timeline />
        </section>
      </SidePanel>
    </Group>
  );
}

interface SidePanelProps {
  readonly name: Exclude<PanelName, 'legend'>;
  readonly shown: boolean;
  /** First and least size, in pixels. */
  readonly size: number;
  readonly least: number;
  readonly children: ReactNode;
}

/** A panel that can be hidden; it keeps its size while it is hidden and between visits, and dragging it shut hides it. */
function SidePanel({ name, shown, size, least, children }: SidePanelProps) {
  const panel = usePanelRef();
  const present = useLayout((state) => state.present);
  const wanted = shown ? ((present ? null : useLayout.getState().sizes[name]) ?? size) : 0;
  // While a person drags, what the panel began with must stay the same.
  const [first] = useState(wanted);
  useEffect(() => {
    if (wanted === 0) panel.current?.collapse();
    else panel.current?.resize(wanted);
    // The size on the way in only: dragging afterwards is the person's own.
  }, [shown, present, panel]);
  return (
    <Panel
      id={name}
      panelRef={panel}
      collapsible
      collapsedSize={0}
      defaultSize={first}
      minSize={least}
      groupResizeBehavior="preserve-pixel-size"
      onResize={({ inPixels }, _id, before) => {
        const { panels, sizes, present: presenting } = useLayout.getState();
        if (presenting || !shown || before === undefined) return;
        if (inPixels > 0) useLayout.setState({ sizes: { ...sizes, [name]: Math.round(inPixels) } });
        else if (before.inPixels > 0 && panels[name]) useLayout.setState({ panels: { ...panels, [name]: false } });
      }}
    >
      {shown && children}
    </Panel>
  );
}

/** The inspector of a narrow window: a rail that names its tabs, and the open tab over the machine. */
function Drawer() {
  const { drawer, tab } = useLayout();
  const shown = useShownTabs();
  const open = shown.includes(tab) ? tab : shown[0];
  return (
    <>
      {drawer && (
        <div className="drawer">
          <Inspector />
        </div>
      )}
      <nav className="rail" aria-label="Panels">
        {shown.map((name) => (
          <button
            key={name}
            type="button"
            aria-expanded={drawer && open === name}
            onClick={() => (drawer && open === name ? useLayout.setState({ drawer: false }) : showTab(name))}
          >
            {tabTitles[name]}
          </button>
        ))}
      </nav>
    </>
  );
}
