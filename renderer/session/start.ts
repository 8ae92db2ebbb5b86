import type { DocumentHead, SingleSource } from '../../app/contract/requests.ts';
import { client } from '../client.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { inspectorTabs, showTab, useLayout, viewNames } from '../stores/layout.ts';
import { usePlayback } from '../stores/playback.ts';
import { parseSelection, printSelection, select, useSelection } from '../stores/selection.ts';
import { runCommand } from '../commands/commands.ts';
import { beginning } from './cursor.ts';
import { parseLink, printLink, type Link } from './deep-link.ts';
import { followSelection } from './follow-selection.ts';
import { goTo } from './navigate.ts';
import { adopt, open } from './open.ts';
import { findStandIns } from './stand-in.ts';
import { reportLost } from './lost.ts';
import { runPlayer } from './player.ts';

function show(link: Link): void {
  if (link.select !== null) select(parseSelection(link.select));
  const { view } = link;
  if (view === null) return;
  if (view === 'present') useLayout.setState({ present: true });
  else {
    // A tab of the inspector means the picture beside it.
    const wanted = viewNames.find((name) => name === view);
    useLayout.setState({ view: wanted ?? 'graph' });
    if (wanted === undefined) showTab(inspectorTabs.find((tab) => tab === view) ?? 'object');
  }
}

/** What a link to the open document names: it, and further descriptions of the same machine. */
const namesOf = (head: DocumentHead | null): readonly string[] => (head === null ? [] : (head.link ?? [head.id]));

/** True where a link leads to what is open. */
const isAt = (link: Link, head: DocumentHead | null): boolean =>
  head !== null &&
  (link.scenario === head.id ||
    (link.scenario === namesOf(head)[0] && link.others.join('\n') === namesOf(head).slice(1).join('\n')));

/** Follows a link: opens what it names, unless that is open already, and goes where it says. */
export async function follow(query: string): Promise<void> {
  const link = parseLink(query);
  const { head, catalog } = useDocument.getState();
  if (link.scenario === null || isAt(link, head)) {
    if (head !== null) goTo(link.cursor);
  } else {
    const builtin = new Set([...(catalog?.scenarios ?? []), ...(catalog?.topologies ?? [])].map(({ id }) => id));
    const sourceOf = (named: string): SingleSource =>
      named === 'this-machine'
        ? { kind: 'this-machine' }
        : builtin.has(named) || !/[/\\.]/.test(named)
          ? { kind: 'builtin', id: named }
          : { kind: 'path', path: named };
    const [first, ...others] = [link.scenario, ...link.others].map(sourceOf);
    if (first === undefined) return;
    const source =
      others.length === 0 ? first : ({ kind: 'several', parts: [first, ...others], added: false } as const);
    if (!(await open(source, link.cursor))) return;
  }
  show(link);
}

/** Finds the session's place again, or follows the link in the address. Also what "try again" does. */
export async function reconnect(): Promise<void> {
  const link = parseLink(window.location.search);
  try {
    const [catalog, head] = await Promise.all([client().request('catalog'), client().request('current')]);
    useDocument.setState({ catalog, lost: null });
    const here = useDocument.getState().head;
    if (head !== null && here?.id === head.id) goTo(usePlayback.getState().target);
    else if (link.scenario !== null && !isAt(link, head)) await follow(window.location.search);
    else if (head !== null) {
      await adopt(head, link.cursor);
      // A window that was reloaded has forgotten what it compared with: the session must too.
      await client().request('compare', null);
      show(link);
    }
  } catch (error) {
    reportLost(error);
  }
}

/** How long the place must rest before the address says it, in milliseconds: browsers limit how often it may change. */
const settle = 300;

/** Keeps the address saying what is on screen, so that a reload or a copied link comes back to it. */
function keepAddress(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    const { head } = useDocument.getState();
    const { selected } = useSelection.getState();
    const { present, view, tab, panels, narrow, drawer } = useLayout.getState();
    const inspector = narrow ? drawer : panels.inspector;
    const query = printLink(
      {
        scenario: namesOf(head)[0] ?? null,
        others: namesOf(head).slice(1),
        cursor: usePlayback.getState().target,
        select: selected === null ? null : printSelection(selected),
        view: present ? 'present' : view !== 'graph' ? view : inspector ? tab : null,
      },
      window.location.search,
    );
    const address = `${window.location.pathname}${query === '' ? '' : `?${query}`}`;
    if (address !== window.location.pathname + window.location.search) window.history.replaceState(null, '', address);
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(write, settle);
  };
  const ends = [
    useDocument.subscribe(later),
    usePlayback.subscribe(later),
    useSelection.subscribe(later),
    useLayout.subscribe(later),
  ];
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
  };
}

/** Starts all that works beside the views: pushes of the host, playback, the address. Returns the end of it. */
export function startSession(): () => void {
  const ends: (() => void)[] = [
    client().subscribe('opened', (head) => void adopt(head, beginning)),
    client().subscribe('problems', (problems) =>
      useDocument.setState({
        opening: null,
        rejection: { name: problems[0]?.file ?? 'the file', text: null, problems },
      }),
    ),
    client().subscribe('command', runCommand),
    client().subscribe('link', (query) => void follow(query)),
    runPlayer(),
    followSelection(),
    findStandIns(),
  ];
  void reconnect().then(() => ends.push(keepAddress()));
  const heal = useFrame.subscribe(() => {
    if (useDocument.getState().lost !== null) useDocument.setState({ lost: null });
  });
  return () => {
    heal();
    for (const end of ends) end();
  };
}
