/** All that a window needs at one cursor: the graph, the step that is told, its events, what is broken. */
import type { Cursor, Fact, Frame, GraphNode, GraphView } from '../contract/frame.ts';
import { noCost } from '../engine/costs/cost.ts';
import type { World } from '../model/world.ts';
import { costCounters } from '../view/cost-view.ts';
import { countersView, noTally } from '../view/counters-view.ts';
import { eventRow } from '../view/event-view.ts';
import { deviceFacts, holderFacts, holderRelations, kernelFacts, ownerActions } from '../view/owners-view.ts';
import { processNodes } from '../view/process-view.ts';
import { actions, mappings } from '../view/relations-view.ts';
import { sharingFacts } from '../view/sharing-view.ts';
import { stripChanges } from '../view/strip-view.ts';
import { alertsByNode, alertsIn, violationsIn } from './alerts.ts';
import { worldAt, type OpenDocument } from './document.ts';
import { pictureAt } from './picture-at.ts';
import { stepStory } from './step-story.ts';

/** The whole graph, where a frame has only the nodes that differ. */
export function graphAt(open: OpenDocument, cursor: Cursor): GraphView {
  const world = worldAt(open, cursor);
  return { nodes: nodesAt(open, world), edges: pictureAt(open, world).graph.edges };
}

/** Nothing is open. */
export const emptyFrame = (cursor: Cursor): Frame => ({
  cursor,
  graphVersion: 0,
  nodes: [],
  relations: [],
  story: null,
  events: [],
  totalEvents: 0,
  alerts: [],
  dirty: [],
  counters: [],
});

/** Everything at `cursor` but the nodes that are alike at `from`, which is on screen; null: nothing is. */
export function frameAt(open: OpenDocument, cursor: Cursor, from: Cursor | null): Frame {
  const world = worldAt(open, cursor);
  const broken = violationsIn(world);
  const picture = pictureAt(open, world);
  const nodes = nodesAt(open, world);
  const before = from === null ? null : worldAt(open, from);
  const old =
    before === null
      ? new Map<string, string>()
      : new Map(nodesAt(open, before).map((node) => [node.id, JSON.stringify(node)]));
  const events = open.story?.events(cursor.step) ?? [];
  const current =
    cursor.event === null ? events : cursor.event === 0 ? [] : events.slice(cursor.event - 1, cursor.event);
  const strips = nodes.flatMap((node) => node.strips);
  const times = open.story?.eventTimes(cursor.step) ?? [];
  const [first, last] = eventWindow(cursor, events.length);
  return {
    cursor,
    graphVersion: graphVersion(nodes),
    nodes: nodes.filter((node) => old.get(node.id) !== JSON.stringify(node)),
    relations: [
      ...mappings(world, picture.nodes, broken),
      ...holderRelations(world, picture.nodes),
      ...ownerActions(
        current.map(({ event }) => event),
        world,
        picture.nodes,
        picture.graph.edges,
      ),
      ...actions(
        world,
        current.map(({ event }) => event),
        picture.nodes,
        picture.graph.edges,
      ),
    ],
    story: open.story === null ? null : stepStory(open.story, cursor.step),
    events: events
      .slice(first, last)
      .map(({ event, base }, i) => eventRow(world, event, first + i, base, times[first + i])),
    totalEvents: events.length,
    alerts: alertsIn(world, picture.nodes),
    dirty:
      before === null
        ? []
        : strips.flatMap((strip) =>
            stripChanges(before, world, strip.id)
              .filter((span) => span.start < strip.start + strip.pages)
              .map((span) => ({ strip: strip.id, ...span })),
          ),
    counters: [
      ...costCounters(world, open.story?.spent(cursor) ?? noCost),
      ...countersView(world, open.story?.tally(cursor) ?? noTally),
      ...kernelFacts(world),
    ],
  };
}

/** Nodes of the machine and of the processes at a cursor, with what is broken painted on them. */
function nodesAt(open: OpenDocument, world: World): readonly GraphNode[] {
  const picture = pictureAt(open, world);
  const alerts = alertsByNode(world, picture.nodes);
  const devices = new Map([...picture.nodes.device].map(([device, id]) => [id, device]));
  const told = (node: GraphNode): readonly Fact[] => {
    if (node.kind === 'process') return holderFacts(world, node.id.slice('process:'.length));
    const device = devices.get(node.id);
    return device === undefined ? [] : deviceFacts(world, device);
  };
  const shared = sharingFacts(world, picture.nodes);
  return [...processNodes(world), ...picture.graph.nodes].map((node) => {
    const own = alerts.get(node.id);
    const more = [...told(node), ...(shared.get(node.id) ?? [])];
    const facts = more.length === 0 ? node : { ...node, facts: [...node.facts, ...more] };
    return own === undefined ? facts : { ...facts, alerts: own };
  });
}

/** Changes with the set of nodes, so that a view asks for the graph again when a process comes or goes. */
function graphVersion(nodes: readonly GraphNode[]): number {
  let hash = 17;
  for (const node of nodes)
    for (const c of `${node.id}|${node.strips.map((s) => `${s.id}${s.pages}`).join()};`)
      hash = (hash * 31 + (c.codePointAt(0) ?? 0)) | 0;
  return hash;
}

const windowEvents = 500;

/** Which events of a step go to a window: all, or those around the cursor. */
function eventWindow({ event }: Cursor, total: number): readonly [number, number] {
  const start = Math.max(0, Math.min((event ?? 0) - windowEvents / 2, total - windowEvents));
  return [start, Math.min(total, start + windowEvents)];
}
