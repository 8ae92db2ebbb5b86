/** What is open: a machine, and perhaps a story that was run on it. Built whole before it replaces what was open. */
import { err, ok, type Problem, type Result } from '../base/result.ts';
import { plural } from '../base/format.ts';
import { decodeText, encodeText } from '../base/text.ts';
import type { Cursor, GraphView } from '../contract/frame.ts';
import type { DocumentHead } from '../contract/requests.ts';
import { initialWorld } from '../engine/initial-world.ts';
import { allFrames } from '../engine/mm/frames.ts';
import { shortNames, type ShortNames } from '../model/short-names.ts';
import { objectsOf, type Topology } from '../model/topology.ts';
import type { World } from '../model/world.ts';
import { engineSpec } from '../scenario/engine-spec.ts';
import { loadScenario, type LoadedScenario } from '../scenario/load.ts';
import { runSlowly, type ScenarioRun } from '../scenario/run.ts';
import { printResult } from '../scenario/check.ts';
import { topologyOf } from '../topology/memscape/read.ts';
import { readTopology } from '../topology/read-topology.ts';
import { contradictions, printContradiction } from '../model/provenance.ts';
import { machineView } from '../view/machine-view.ts';
import { withOrigins } from '../view/origins-view.ts';
import type { NodeNames } from '../view/relations-view.ts';
import type { Library } from './library.ts';
import { Story } from './story.ts';

export interface OpenDocument {
  readonly head: DocumentHead;
  readonly machine: Topology;
  /** The descriptions that the machine was combined from; just it, where it was one. */
  readonly parts: readonly Topology[];
  readonly names: ShortNames;
  readonly graph: GraphView;
  readonly nodes: NodeNames;
  /** Frames of each pool that the picture shows. */
  readonly shown: ReadonlyMap<string, { readonly start: number; readonly pages: number }>;
  /** null: a bare machine. */
  readonly story: Story | null;
  readonly start: World;
}

export const worldAt = ({ story, start }: OpenDocument, cursor: Cursor): World => story?.at(cursor) ?? start;

/** A scenario has steps, or at least a version and no word of being a topology; everything else is taken for a machine. */
export function looksLikeScenario(text: string): boolean {
  const head = text.slice(0, 1 << 20);
  return /^steps\s*:/m.test(head) || (/^version\s*:/m.test(head) && !/^memscape\s*:/m.test(head));
}

/** Opens a file by its content. `home` is its path on the host, where it has one: a scenario may name a machine beside it. */
export async function openBytes(
  library: Library,
  name: string,
  bytes: Uint8Array,
  source: string,
  home: string | null,
): Promise<Result<OpenDocument, readonly Problem[]>> {
  if (bytes.length <= 16 * 1024 * 1024) {
    const { text } = decodeText(bytes);
    if (looksLikeScenario(text)) return openScenario(library, name, text, source, home);
  }
  const machine = readTopology(name, bytes);
  return machine.ok ? ok(machineDocument(machine.value, name, source)) : machine;
}

/** The machine of a scenario: a built-in one, a file beside it, or one written into it. */
export async function findMachine(
  library: Library,
  scenario: LoadedScenario,
  home: string | null = null,
): Promise<Result<Topology, readonly Problem[]>> {
  const wanted = scenario.value.machine;
  if (typeof wanted !== 'string')
    return topologyOf(scenario.file, wanted, {
      at: (path) => scenario.at(['machine', ...path]),
      problem: (path, message) => scenario.problem(['machine', ...path], message),
    });
  const builtin = await library.builtin('topology', wanted);
  if (builtin !== null) return readTopology(`${wanted}.yaml`, encodeText(builtin));
  const beside = home === null ? null : ((await library.beside?.(home, wanted)) ?? null);
  const file = beside ?? (await library.file(wanted));
  if (file !== null) return readTopology(file.name, file.bytes);
  const known = await library.ids('topology');
  return err([
    scenario.problem(
      ['machine'],
      `there is no machine "${wanted}": use one of ${known.join(', ')}, or the path of a topology file`,
    ),
  ]);
}

export async function openScenario(
  library: Library,
  name: string,
  text: string,
  source: string,
  home: string | null,
): Promise<Result<OpenDocument, readonly Problem[]>> {
  const loaded = loadScenario(name, text);
  if (!loaded.ok) return loaded;
  const machine = await findMachine(library, loaded.value, home);
  if (!machine.ok) return machine;
  return ok(storyDocument(await run(library, loaded.value, machine.value), machine.value, source));
}

/** Work between two pauses, in events: a few milliseconds. */
const slice = 2000;

/** Runs a story in slices, so that whoever waits for the host does not wait for all of it. */
async function run(library: Library, scenario: LoadedScenario, machine: Topology): Promise<ScenarioRun> {
  const running = runSlowly(scenario, machine);
  for (let work = 0; ;) {
    const { done, value } = running.next();
    if (done === true) return value;
    work += 1 + value;
    if (work < slice) continue;
    work = 0;
    await library.pause?.();
  }
}

export function nodeNames(names: ShortNames, graph: GraphView): NodeNames {
  const drawn = new Set(graph.nodes.map((node) => node.id));
  const flip = (map: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
    new Map([...map].filter(([id]) => drawn.has(id)).map(([id, name]) => [name, id]));
  const owned = graph.nodes.filter(
    (node) => node.parent !== null && (node.kind === 'device-memory' || node.kind === 'bar'),
  );
  return {
    device: flip(names.devices),
    pool: flip(names.pools),
    cpu: graph.nodes.find((node) => node.kind === 'cpu')?.id ?? null,
    anchor: new Map(owned.map((node) => [node.id, node.parent ?? node.id])),
  };
}

/** How much of each pool a picture shows: what the story ever uses, and as much again, so that positions stay. */
function shownFrames(
  worlds: readonly World[],
): ReadonlyMap<string, { readonly start: number; readonly pages: number }> {
  const used = new Map<string, number>();
  const pools = Object.assign({}, ...worlds.map((world) => world.records.pool)) as World['records']['pool'];
  for (const [id, pool] of Object.entries(pools)) {
    let highest = 0;
    for (const world of worlds) {
      const runs = world.pages.frame[allFrames]?.occupied(pool.firstFrame, pool.firstFrame + pool.frames) ?? [];
      highest = Math.max(highest, (runs[runs.length - 1]?.end ?? pool.firstFrame) - pool.firstFrame);
    }
    used.set(id, highest);
  }
  const isSystem = (id: string): boolean => pools[id]?.registration === 'system';
  const some = [...used].some(([id, highest]) => highest > 0 && isSystem(id));
  const shown = new Map<string, { start: number; pages: number }>();
  for (const [id, highest] of used) {
    // Ordinary memory that the story never touches, beside some that it does, is not what it is about.
    if (some && highest === 0 && isSystem(id)) continue;
    let pages = 32;
    while (pages < highest * 1.5) pages *= 2;
    shown.set(id, { start: 0, pages: Math.min(pages, pools[id]?.frames ?? pages) });
  }
  return shown;
}

function storyDocument(run: ScenarioRun, machine: Topology, source: string): OpenDocument {
  const { scenario } = run;
  const story = new Story(run);
  const names = shortNames(machine);
  const shown = shownFrames([run.start, ...run.steps.map((step) => step.after)]);
  const graph = withOrigins(machineView(machine, { names, shown }), machine);
  const { value } = scenario;
  const buffers = new Map(run.steps.flatMap((step) => Object.entries(step.after.records.buffer)));
  const head: DocumentHead = {
    id: value.id,
    kind: 'scenario',
    title: value.title,
    thread: value.thread,
    machine: machine.title ?? (typeof value.machine === 'string' ? value.machine : 'a machine of its own'),
    steps: value.steps.map((step, index) => {
      const done = run.steps[index];
      const refused = done?.transactions.map((t) => t.result).find((result) => !('ok' in result));
      return {
        index,
        title: step.title,
        events: story.events(index).length,
        refusal: refused === undefined ? null : printResult(refused),
        failedExpectations: done?.checks.filter((check) => !check.ok).length ?? 0,
      };
    }),
    totalEvents: value.steps.reduce((sum, _, index) => sum + story.events(index).length, 0),
    warnings: warningsOf(machine),
    source,
    tables: [...buffers].map(([id, buffer]) => ({ id, title: id, pages: buffer.pages })),
  };
  return {
    head,
    machine,
    parts: [machine],
    names,
    graph,
    nodes: nodeNames(names, graph),
    shown,
    story,
    start: run.start,
  };
}

const viewWithoutGraph = (machine: Topology): NonNullable<DocumentHead['view']> =>
  machine.addressRanges.length > 0 ? 'addresses' : machine.matrices.length > 0 ? 'matrices' : 'parts';

/** Contradictions that are listed in words; sources of two machines have thousands. */
const listed = 100;

/** What the readers were not sure of, then what the sources disagree about. */
function warningsOf(machine: Topology): readonly Problem[] {
  const all = contradictions(machine);
  const said = all.slice(0, listed).map((contradiction): Problem => {
    const [stands] = contradiction.claims;
    return {
      file: machine.sources[stands?.from.source ?? 0]?.name ?? '',
      line: stands?.from.line ?? 0,
      column: 0,
      message: `the sources contradict each other: ${printContradiction(machine, contradiction)}`,
    };
  });
  const left = all.length - said.length;
  return [
    ...machine.warnings.map((w): Problem => ({
      file: machine.sources[w.source]?.name ?? '',
      line: w.line ?? 0,
      column: 0,
      message: w.message,
    })),
    ...said,
    ...(left > 0 ? [{ file: '', line: 0, column: 0, message: `${left} more contradictions are left out here` }] : []),
  ];
}

export function machineDocument(machine: Topology, name: string, source: string): OpenDocument {
  const names = shortNames(machine);
  const graph = withOrigins(machineView(machine, { names, shown: new Map() }), machine);
  const count = (kind: 'package' | 'numaNode' | 'pciFunction'): number => objectsOf(machine, kind).length;
  const head: DocumentHead = {
    id: name,
    kind: 'topology',
    title: machine.title ?? name,
    thread: null,
    // What the source does not tell of is not there with a 0.
    machine:
      [
        [count('package'), 'package'] as const,
        [count('numaNode'), 'memory node'] as const,
        [count('pciFunction'), 'PCI function'] as const,
        [machine.addressRanges.length, 'address range'] as const,
      ]
        .filter(([n]) => n > 0)
        .map(([n, word]) => plural(n, word))
        .join(', ') || plural(machine.objects.length, 'part'),
    steps: [],
    totalEvents: 0,
    warnings: warningsOf(machine),
    source,
    tables: [],
    parts: machine.sources,
    ...(graph.nodes.length > 0 ? {} : { view: viewWithoutGraph(machine) }),
    contradictions: machine.conflicts.length,
  };
  return {
    head,
    machine,
    parts: [machine],
    names,
    graph,
    nodes: nodeNames(names, graph),
    shown: new Map(),
    story: null,
    start: initialWorld(engineSpec(machine)),
  };
}
