/** What is true between two nodes at a cursor and is no wiring: mappings, and what the current events move or refuse. */
import { plural, printBytes } from '../base/format.ts';
import type { GraphEdge, GraphRelation } from '../contract/frame.ts';
import { pageBytes } from '../model/ids.ts';
import type { World } from '../model/world.ts';
import type { Event } from '../engine/event.ts';
import type { Violation } from '../engine/invariants.ts';
import { pageMap } from '../engine/apply.ts';
import { copiedPages } from './counters-view.ts';
import { namePlace } from '../engine/place.ts';
import { sharingAction, sharingRelations } from './sharing-view.ts';

/** Where the things that the engine names are drawn. */
export interface NodeNames {
  readonly device: ReadonlyMap<string, string>;
  readonly pool: ReadonlyMap<string, string>;
  /** Node of a CPU, for what the kernel sends. */
  readonly cpu: string | null;
  /** Where the wires of a node end that has none of its own: the device of a device memory. */
  readonly anchor: ReadonlyMap<string, string>;
}

const processOf = (world: World, space: string): string | null => {
  const name = Object.entries(world.records.process).find(([, p]) => p.space === space)?.[0];
  return name === undefined ? null : `process:${name}`;
};

/** Device tables that hold entries, and what devices share: lines from a device to the process or memory that it sees. */
export function mappings(world: World, names: NodeNames, violations: readonly Violation[]): readonly GraphRelation[] {
  const mirrors = Object.entries(world.records.context).flatMap(([key, context]): readonly GraphRelation[] => {
    const source = names.device.get(context.device);
    const target = processOf(world, context.space);
    const pages = pageMap(world, 'devicePte', key)
      .occupied()
      .reduce((sum, run) => sum + run.end - run.start, 0);
    if (source === undefined || target === null || pages === 0) return [];
    const stale = violations.some((v) => v.invariant === 'I3' && v.at.context === key);
    return [
      {
        id: `maps:${key}`,
        kind: context.mirrored ? 'mirror' : 'maps',
        source,
        target,
        label: stale
          ? `${plural(pages, 'page')}, stale`
          : `${context.mirrored ? 'mirrors' : 'maps'} ${plural(pages, 'page')}`,
        route: [],
        state: stale ? 'stale' : 'system',
      },
    ];
  });
  return [...mirrors, ...sharingRelations(world, names, violations)];
}

/** What some events do between nodes: the last of each kind between the same two, and all that travels there together. */
export function actions(
  world: World,
  events: readonly Event[],
  names: NodeNames,
  edges: readonly GraphEdge[],
): readonly GraphRelation[] {
  const found = new Map<string, GraphRelation>();
  const loads = new Map<string, Load>();
  for (const event of events) {
    if (event.kind === 'migrateCopy' || event.kind === 'objectCopied') {
      const load = loadOf(world, event, names);
      if (load === null) continue;
      const key = `${load.source} ${load.target}`;
      const before = loads.get(key);
      loads.set(key, { ...load, pages: load.pages + (before?.pages ?? 0) });
      continue;
    }
    const relation = actionOf(world, event, names, edges);
    if (relation === null) continue;
    found.delete(relation.id);
    found.set(relation.id, relation);
  }
  return [...found.values(), ...[...loads.values()].map((load) => transfer(load, names, edges))];
}

function actionOf(world: World, event: Event, names: NodeNames, edges: readonly GraphEdge[]): GraphRelation | null {
  const where = namePlace(world, event.at) ?? '';
  if (event.kind === 'deviceInvalidate') {
    const context = world.records.context[event.at.context ?? ''];
    const target = context === undefined ? undefined : names.device.get(context.device);
    if (target === undefined || names.cpu === null) return null;
    return {
      id: `invalidate:${target}`,
      kind: 'invalidate',
      source: names.cpu,
      target,
      label: `${String(event.args['event'])} ${where}`.trim(),
      route: route(edges, names.cpu, target, names.anchor),
      state: null,
    };
  }
  if (event.kind === 'refused' && event.at.context !== undefined) {
    const context = world.records.context[event.at.context];
    const source = context === undefined ? undefined : names.device.get(context.device);
    const target = context === undefined ? null : processOf(world, context.space);
    if (source === undefined || target === null) return null;
    return {
      id: `refused:${source}`,
      kind: 'refused',
      source,
      target,
      label: `${String(event.args['errno'])} · ${event.rule}`,
      route: [],
      state: null,
    };
  }
  return sharingAction(world, event, names, (from, to) => route(edges, from, to, names.anchor));
}

/** Pages on their way from one memory to another. */
interface Load {
  readonly source: string;
  readonly target: string;
  readonly pages: number;
  readonly to: 'system memory' | 'device memory';
}

/** The pages of a copy travel from the memory that they were in to the pool that takes them. */
function loadOf(world: World, event: Event, names: NodeNames): Load | null {
  const pool = String(event.args['pool']);
  const target = names.pool.get(pool);
  const pages = copiedPages(event);
  if (target === undefined || pages === 0) return null;
  const source = names.pool.get(String(event.args['from']));
  const toSystem = world.records.pool[pool]?.registration === 'system';
  return source === undefined ? null : { source, target, pages, to: toSystem ? 'system memory' : 'device memory' };
}

function transfer({ source, target, pages, to }: Load, names: NodeNames, edges: readonly GraphEdge[]): GraphRelation {
  return {
    id: `transfer:${source}:${target}`,
    kind: 'transfer',
    source,
    target,
    label: `${plural(pages, 'page')} · ${printBytes(pages * pageBytes)} to ${to}`,
    route: route(edges, source, target, names.anchor),
    state: 'migrating',
  };
}

/** Fewest wires between two nodes, in order (their ids); empty where none lead there. */
export function route(
  edges: readonly GraphEdge[],
  from: string,
  to: string,
  anchor: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  const goal = new Set([to, anchor.get(to) ?? to]);
  const seen = new Set([from, anchor.get(from) ?? from]);
  let paths: readonly { readonly at: string; readonly wires: readonly string[] }[] = [...seen].map((at) => ({
    at,
    wires: [],
  }));
  while (paths.length > 0) {
    const done = paths.find((path) => goal.has(path.at));
    if (done !== undefined) return done.wires;
    const next: { readonly at: string; readonly wires: readonly string[] }[] = [];
    for (const { at, wires } of paths) {
      for (const edge of edges) {
        const other = edge.source === at ? edge.target : edge.target === at ? edge.source : null;
        if (other === null || seen.has(other)) continue;
        seen.add(other);
        next.push({ at: other, wires: [...wires, edge.id] });
      }
    }
    paths = next;
  }
  return [];
}
