import { create } from 'zustand';
import * as z from 'zod/mini';

z.config({ jitless: true });

export const inspectorTabs = ['tables', 'why', 'object', 'events'] as const;
export type InspectorTab = (typeof inspectorTabs)[number];
/** What the middle of the window shows. */
export const viewNames = ['graph', 'addresses', 'matrices', 'parts', 'queries'] as const;
export type ViewName = (typeof viewNames)[number];
export type PanelName = 'story' | 'inspector' | 'timeline' | 'legend';
export type ThemeChoice = 'system' | 'light' | 'dark';

const pixels = z.catch(z.nullable(z.number().check(z.minimum(40), z.maximum(4000))), null);

/** What is remembered between visits. Sizes are in CSS pixels; null is the size that a panel begins with. */
const remembered = z.object({
  theme: z.catch(z.enum(['system', 'light', 'dark']), 'system'),
  panels: z.catch(
    z.object({ story: z.boolean(), inspector: z.boolean(), timeline: z.boolean(), legend: z.boolean() }),
    {
      story: true,
      inspector: true,
      timeline: true,
      legend: true,
    },
  ),
  tab: z.catch(z.enum(inspectorTabs), 'tables'),
  sizes: z.catch(z.object({ story: pixels, inspector: pixels, timeline: pixels }), {
    story: null,
    inspector: null,
    timeline: null,
  }),
});
export type RememberedLayout = z.infer<typeof remembered>;

const storageKey = 'memscape.layout.1';
const longestRemembered = 8192;

/** Reads what an earlier visit left; whatever is not understood counts as never written. */
export function parseRemembered(text: string | null): RememberedLayout {
  let value: unknown = {};
  if (text !== null && text.length <= longestRemembered) {
    try {
      value = JSON.parse(text);
    } catch {
      value = {};
    }
  }
  const parsed = remembered.safeParse(value);
  return parsed.success ? parsed.data : remembered.parse({});
}

/** What opens over the window. */
export type DialogName = 'palette' | 'keys' | 'open' | 'compare';

interface LayoutState extends RememberedLayout {
  readonly view: ViewName;
  /** The field that finds parts has the keyboard. */
  readonly finding: boolean;
  /** Only story and machine, in large type. */
  readonly present: boolean;
  /** In a narrow window the inspector is a drawer over the machine. */
  readonly narrow: boolean;
  readonly drawer: boolean;
  readonly dialog: DialogName | null;
}

function read(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

export const useLayout = create<LayoutState>(() => ({
  ...parseRemembered(read()),
  view: 'graph',
  finding: false,
  present: false,
  narrow: false,
  drawer: false,
  dialog: null,
}));

/** Keeps the layout for the next visit; where storage is denied, it lasts for this one. */
export function rememberLayout(): () => void {
  return useLayout.subscribe(({ theme, panels, tab, sizes }, before) => {
    if (theme === before.theme && panels === before.panels && tab === before.tab && sizes === before.sizes) return;
    try {
      localStorage.setItem(storageKey, JSON.stringify({ theme, panels, tab, sizes }));
    } catch {
      // Storage is full or denied: nothing that a person could do about it here.
    }
  });
}

export function togglePanel(panel: PanelName): void {
  useLayout.setState((state) =>
    panel === 'inspector' && state.narrow
      ? { drawer: !state.drawer }
      : { panels: { ...state.panels, [panel]: !state.panels[panel] } },
  );
}

/** Shows a tab of the inspector, opening it where it is hidden. */
export function showTab(tab: InspectorTab): void {
  useLayout.setState((state) =>
    state.narrow
      ? { tab, drawer: true }
      : { tab, panels: state.panels.inspector ? state.panels : { ...state.panels, inspector: true } },
  );
}
