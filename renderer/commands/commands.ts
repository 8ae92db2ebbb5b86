import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import {
  inspectorTabs,
  showTab,
  togglePanel,
  useLayout,
  viewNames,
  type InspectorTab,
  type ViewName,
} from '../stores/layout.ts';
import { changeSpeed, usePlayback } from '../stores/playback.ts';
import { queryTabs, useQueries, type QueryTab } from '../stores/queries.ts';
import { select, useSelection } from '../stores/selection.ts';
import { eventBack, eventForward, goFirst, goLast, stepBack, stepForward } from '../session/navigate.ts';
import { open } from '../session/open.ts';
import { togglePlay } from '../session/player.ts';
import { resolveTheme } from '../theme/apply-theme.ts';
import { chooseFile } from '../start/choose-file.ts';
import { canAdd } from '../start/receive.ts';
import { focusFind } from '../find/focus-find.ts';
import { usePicture, toggleScale } from '../graph/picture-state.ts';
import { forgetUnfolded, toggleFold } from '../graph/unfolded.ts';
import { jumpToChange } from '../inspector/jump-to-change.ts';

export type CommandGroup = 'Move' | 'Play' | 'Panels' | 'View' | 'Picture' | 'Open';

/** One thing that a person can do: the same entry serves keys, palette, menu of the desktop app and list of keys. */
export interface Command {
  readonly id: string;
  readonly group: CommandGroup;
  readonly title: string;
  /** Chords as keymap.ts writes them, the one to show first. */
  readonly keys: readonly string[];
  readonly run: () => void;
}

const tabTitles: Readonly<Record<InspectorTab, string>> = {
  tables: 'page tables',
  why: 'why',
  object: 'object',
  events: 'events',
};

const viewTitles: Readonly<Record<ViewName, string>> = {
  graph: 'the graph',
  addresses: 'physical addresses',
  matrices: 'matrices',
  parts: 'all parts in a table',
  queries: 'queries: find a device, routes, pipelines',
};

const queryTitles: Readonly<Record<QueryTab, string>> = {
  find: 'Find a device by constraints',
  route: 'Route between two places',
  pipeline: 'Best devices and buffers for a pipeline',
};

/** The next view in the order of their tabs. */
function nextView(): void {
  useLayout.setState(({ view }) => ({ view: viewNames[(viewNames.indexOf(view) + 1) % viewNames.length] ?? 'graph' }));
}

/** A picture that could not be written is told where a file that cannot be read is. */
function tellFault(error: unknown): void {
  const message = error instanceof Error ? error.message : 'no reason given';
  useDocument.setState({
    rejection: { name: 'picture', text: null, problems: [{ file: 'picture', line: 0, column: 0, message }] },
  });
}

/** Saves or copies the picture; what that takes is loaded when it is asked for. */
function write(how: 'exportSvg' | 'exportPng' | 'copySvg' | 'copyPng'): void {
  void import('../graph/export.ts').then((writers) => writers[how]()).catch(tellFault);
}

/** Opens, closes or spreads the selected part of the picture. */
function foldSelected(): void {
  const { selected } = useSelection.getState();
  const { shown } = usePicture.getState();
  if (selected?.kind !== 'node' || shown === null) return;
  const { nodes, standIn } = shown.drawn.picture;
  const id = standIn.get(selected.id) ?? selected.id;
  toggleFold(nodes.find((node) => node.id === id));
}

function closeTopmost(): void {
  const { dialog, drawer, present } = useLayout.getState();
  if (dialog !== null) useLayout.setState({ dialog: null });
  else if (useDocument.getState().rejection !== null) useDocument.setState({ rejection: null });
  else if (present) useLayout.setState({ present: false });
  else if (drawer) useLayout.setState({ drawer: false });
  else if (usePicture.getState().goal !== null) usePicture.setState({ goal: null });
  else if (useQueries.getState().shown !== null) useQueries.setState({ shown: null });
  else if (useSelection.getState().selected !== null) select(null);
}

export const commands: readonly Command[] = [
  { id: 'step-forward', group: 'Move', title: 'Next step', keys: ['ArrowRight'], run: stepForward },
  { id: 'step-back', group: 'Move', title: 'Previous step', keys: ['ArrowLeft'], run: stepBack },
  { id: 'event-forward', group: 'Move', title: 'Next event', keys: ['Shift+ArrowRight', '.', 'J'], run: eventForward },
  { id: 'event-back', group: 'Move', title: 'Previous event', keys: ['Shift+ArrowLeft', ',', 'K'], run: eventBack },
  { id: 'first', group: 'Move', title: 'Beginning', keys: ['Home'], run: goFirst },
  { id: 'last', group: 'Move', title: 'End', keys: ['End'], run: goLast },
  { id: 'next-change', group: 'Move', title: 'Next changed page', keys: ['C'], run: () => jumpToChange(1) },
  {
    id: 'previous-change',
    group: 'Move',
    title: 'Previous changed page',
    keys: ['Shift+C'],
    run: () => jumpToChange(-1),
  },
  { id: 'play', group: 'Play', title: 'Play or pause', keys: ['Space'], run: togglePlay },
  { id: 'faster', group: 'Play', title: 'Faster', keys: ['+', '='], run: () => changeSpeed(1) },
  { id: 'slower', group: 'Play', title: 'Slower', keys: ['-'], run: () => changeSpeed(-1) },
  {
    id: 'grain',
    group: 'Play',
    title: 'Play by step or by event',
    keys: ['G'],
    run: () => usePlayback.setState(({ grain }) => ({ grain: grain === 'step' ? 'event' : 'step' })),
  },
  { id: 'toggle-story', group: 'Panels', title: 'Story panel', keys: ['S'], run: () => togglePanel('story') },
  { id: 'toggle-inspector', group: 'Panels', title: 'Tables panel', keys: ['I'], run: () => togglePanel('inspector') },
  { id: 'toggle-timeline', group: 'Panels', title: 'Timeline', keys: ['T'], run: () => togglePanel('timeline') },
  { id: 'toggle-legend', group: 'Panels', title: 'Legend', keys: ['L'], run: () => togglePanel('legend') },
  ...inspectorTabs.map(
    (tab, i) =>
      ({
        id: `show-${tab}`,
        group: 'Panels',
        title: `Show ${tabTitles[tab]}`,
        keys: [String(i + 1)],
        run: () => showTab(tab),
      }) as const,
  ),
  ...viewNames.map(
    (view, i) =>
      ({
        id: `view-${view}`,
        group: 'View',
        title: `See ${viewTitles[view]}`,
        keys: [String(inspectorTabs.length + i + 1)],
        run: () => useLayout.setState({ view }),
      }) as const,
  ),
  ...queryTabs.map(
    (tab) =>
      ({
        id: `query-${tab}`,
        group: 'View',
        title: queryTitles[tab],
        keys: [],
        run: () => {
          useQueries.setState({ tab });
          useLayout.setState({ view: 'queries' });
        },
      }) as const,
  ),
  { id: 'next-view', group: 'View', title: 'Next view of the machine', keys: ['V'], run: nextView },
  { id: 'find', group: 'View', title: 'Find a part of the machine', keys: ['F', 'Ctrl+F'], run: focusFind },
  {
    id: 'theme',
    group: 'View',
    title: 'Light or dark',
    keys: ['D'],
    run: () => useLayout.setState(({ theme }) => ({ theme: resolveTheme(theme) === 'dark' ? 'light' : 'dark' })),
  },
  {
    id: 'present',
    group: 'View',
    title: 'Present: story and machine in large type',
    keys: ['P'],
    run: () => useLayout.setState(({ present }) => ({ present: !present && useFrame.getState().frame !== null })),
  },
  {
    id: 'palette',
    group: 'View',
    title: 'Find a command, step, machine or object',
    keys: ['Ctrl+K', '/'],
    run: () => useLayout.setState({ dialog: 'palette' }),
  },
  {
    id: 'keys',
    group: 'View',
    title: 'List of keys',
    keys: ['?'],
    run: () => useLayout.setState(({ dialog }) => ({ dialog: dialog === 'keys' ? null : 'keys' })),
  },
  {
    id: 'close',
    group: 'View',
    title: 'Close what is on top, or clear the selection',
    keys: ['Escape'],
    run: closeTopmost,
  },
  { id: 'fold', group: 'Picture', title: 'Open or close the selected part', keys: ['E'], run: foldSelected },
  { id: 'fold-reset', group: 'Picture', title: 'As much as fits the window', keys: ['Shift+E'], run: forgetUnfolded },
  { id: 'bars-to-scale', group: 'Picture', title: 'BARs true to scale, or visible', keys: ['B'], run: toggleScale },
  {
    id: 'export-svg',
    group: 'Picture',
    title: 'Save the picture as SVG',
    keys: [],
    run: () => write('exportSvg'),
  },
  {
    id: 'export-png',
    group: 'Picture',
    title: 'Save the picture as PNG',
    keys: [],
    run: () => write('exportPng'),
  },
  {
    id: 'copy-svg',
    group: 'Picture',
    title: 'Copy the picture as SVG',
    keys: [],
    run: () => write('copySvg'),
  },
  {
    id: 'copy-png',
    group: 'Picture',
    title: 'Copy the picture as PNG',
    keys: [],
    run: () => write('copyPng'),
  },
  {
    id: 'open',
    group: 'Open',
    title: 'Stories and machines',
    keys: ['O'],
    run: () => useLayout.setState({ dialog: useDocument.getState().head === null ? null : 'open' }),
  },
  { id: 'open-file', group: 'Open', title: 'Open a file', keys: ['Ctrl+O'], run: () => chooseFile() },
  {
    id: 'add-source',
    group: 'Open',
    title: 'Add a source to this machine',
    keys: [],
    run: () => {
      if (canAdd()) chooseFile(true);
    },
  },
  {
    id: 'open-this-machine',
    group: 'Open',
    title: 'This machine',
    keys: [],
    run: () => void open({ kind: 'this-machine' }),
  },
  {
    id: 'compare',
    group: 'Open',
    title: 'Compare with another machine',
    keys: ['M'],
    run: () => {
      if (useDocument.getState().head !== null) useLayout.setState({ dialog: 'compare' });
    },
  },
];

const byId: ReadonlyMap<string, Command> = new Map(commands.map((command) => [command.id, command]));
export const commandOfChord: ReadonlyMap<string, Command> = new Map(
  commands.flatMap((command) => command.keys.map((keys) => [keys, command] as const)),
);

/** Runs a command by its id; an id that no command has does nothing. */
export function runCommand(id: string): void {
  byId.get(id)?.run();
}

/** The first chord of a command, or null. */
export const keysOf = (id: string): string | null => byId.get(id)?.keys[0] ?? null;
