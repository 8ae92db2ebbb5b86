/**
 * Answers the requests of one window. Knows no transport, no Node and no DOM: hosts wrap it, and it runs in a worker
 * as well. What is open stays open until its successor has been built without a problem.
 */
import { err, ok, type Problem, type Result } from '../base/result.ts';
import { encodeText } from '../base/text.ts';
import type {
  Cursor,
  Fact,
  Frame,
  GraphNode,
  GraphView,
  PageTableView,
  StepStory,
  TimelineView,
  WhyView,
} from '../contract/frame.ts';
import type {
  Catalog,
  DocumentHead,
  OpenSource,
  RequestArgs,
  RequestAnswer,
  RequestName,
  WhyTarget,
} from '../contract/requests.ts';
import { checkInvariants, type Violation } from '../engine/invariants.ts';
import { eventKinds } from '../engine/event-kinds.ts';
import { namePlace } from '../engine/place.ts';
import type { World } from '../model/world.ts';
import { loadScenario } from '../scenario/load.ts';
import { readTopology } from '../topology/read-topology.ts';
import { noCost } from '../engine/costs/cost.ts';
import { costCounters, stepCost } from '../view/cost-view.ts';
import { countersView, noTally } from '../view/counters-view.ts';
import { eventRow } from '../view/event-view.ts';
import { deviceFacts, holderFacts, holderRelations, kernelFacts, ownerActions } from '../view/owners-view.ts';
import { processNodes } from '../view/process-view.ts';
import { actions, mappings } from '../view/relations-view.ts';
import { stripCells, stripChanges } from '../view/strip-view.ts';
import { sharingFacts } from '../view/sharing-view.ts';
import { columnsOf, printDeviceEntry, printEntry, tableOfColumn, tableView } from '../view/table-view.ts';
import { whyView } from '../view/why-view.ts';
import { pageMap } from '../engine/apply.ts';
import { machineDocument, openBytes, openScenario, type OpenDocument } from './document.ts';
import { FabricQueries } from './fabric-queries.ts';
import type { Library } from './library.ts';
import { openSeveral } from './sources.ts';
import { MachineViews } from './machine-views.ts';
import { pictureAt } from './picture-at.ts';

export type Handlers = {
  readonly [N in RequestName]: (...args: RequestArgs<N>) => Promise<RequestAnswer<N>> | RequestAnswer<N>;
};

const maxCells = 1 << 20;
const maxRows = 2000;
const none: PageTableView = {
  id: '',
  title: '',
  totalPages: 0,
  changedPages: 0,
  changedSpans: [],
  columns: [],
  start: 0,
  rows: [],
};

export class Session implements Handlers {
  #open: OpenDocument | null = null;
  /** Counts the requests to open something: the last one wins. */
  #turn = 0;
  /** Violations of worlds that were asked about; a world is immutable, so they never change. */
  readonly #violations = new WeakMap<World, readonly Violation[]>();

  readonly #views = new MachineViews(() => this.#open);
  readonly #fabric = new FabricQueries(
    () => this.#open,
    (cursor) => this.#world(cursor),
  );

  constructor(readonly library: Library) {}

  async catalog(): Promise<Catalog> {
    const scenarios = await Promise.all(
      (await this.library.ids('scenario')).map(async (id) => {
        const loaded = loadScenario(`${id}.yaml`, (await this.library.builtin('scenario', id)) ?? '');
        return loaded.ok
          ? [
              {
                id,
                title: loaded.value.value.title,
                line: loaded.value.value.line,
                thread: loaded.value.value.thread,
                steps: loaded.value.value.steps.length,
              },
            ]
          : [];
      }),
    );
    const topologies = await Promise.all(
      (await this.library.ids('topology')).map(async (id) => {
        const text = (await this.library.builtin('topology', id)) ?? '';
        const machine = readTopology(`${id}.yaml`, encodeText(text));
        return machine.ok
          ? [{ id, title: machine.value.title ?? id, line: summary(text), thread: null, steps: null }]
          : [];
      }),
    );
    return { scenarios: scenarios.flat(), topologies: topologies.flat() };
  }

  async open(source: OpenSource): Promise<Result<DocumentHead, readonly Problem[]>> {
    const turn = ++this.#turn;
    const opened = await this.#build(source);
    if (!opened.ok) return opened;
    // Who asked for something else in the meantime wants that.
    if (turn !== this.#turn)
      return problem(
        opened.value.head.source,
        'something else was opened in the meantime: open it again if it is wanted',
      );
    const link = linkOf(source);
    this.#open = link === null ? opened.value : { ...opened.value, head: { ...opened.value.head, link } };
    for (const step of opened.value.story?.run.steps ?? []) this.#violations.set(step.after, step.violations);
    return ok(this.#open.head);
  }

  async #build(source: OpenSource): Promise<Result<OpenDocument, readonly Problem[]>> {
    switch (source.kind) {
      case 'builtin': {
        const story = await this.library.builtin('scenario', source.id);
        if (story !== null) return openScenario(this.library, `${source.id}.yaml`, story, source.id, null);
        const machine = await this.library.builtin('topology', source.id);
        if (machine !== null) return openBytes(this.library, `${source.id}.yaml`, encodeText(machine), source.id, null);
        return problem(source.id, `nothing built in is called "${source.id}": choose from the list`);
      }
      case 'text':
        return openBytes(this.library, source.name, encodeText(source.text), source.name, null);
      case 'bytes':
        return openBytes(this.library, source.name, source.bytes, source.name, null);
      case 'path': {
        const unpacked = (await this.library.folder?.(source.path)) ?? null;
        if (unpacked !== null)
          return unpacked.ok ? ok(machineDocument(unpacked.value, nameOfPath(source.path), source.path)) : unpacked;
        const file = await this.library.file(source.path);
        return file === null
          ? problem(source.path, 'the file cannot be read here: drop it on the window or paste its text')
          : openBytes(this.library, file.name, file.bytes, source.path, source.path);
      }
      case 'this-machine': {
        const machine = await this.library.thisMachine();
        return machine === null
          ? problem('this-machine', 'this host cannot look at its own machine: it needs Linux with /proc and /sys')
          : ok(machineDocument(machine, 'this-machine', 'this-machine'));
      }
      case 'several':
        return openSeveral(this.library, source.parts, source.added ? this.#open : null);
    }
  }

  current(): DocumentHead | null {
    return this.#open?.head ?? null;
  }

  #world(cursor: Cursor): World | null {
    const open = this.#open;
    return open === null ? null : open.story === null ? open.start : open.story.at(cursor);
  }

  #broken(world: World): readonly Violation[] {
    let found = this.#violations.get(world);
    if (found === undefined) {
      found = checkInvariants(world);
      this.#violations.set(world, found);
    }
    return found;
  }

  /** Nodes of the machine and of the processes at a cursor, with what is broken painted on them. */
  #nodes(open: OpenDocument, world: World): readonly GraphNode[] {
    const broken = this.#broken(world);
    const picture = pictureAt(open, world);
    const alerts = new Map<string, string[]>();
    for (const v of broken) {
      const text = `${v.invariant}: ${v.text}`;
      const device =
        v.at.context === undefined
          ? picture.nodes.device.get(v.at.device ?? '')
          : picture.nodes.device.get(world.records.context[v.at.context]?.device ?? '');
      const process = v.at.space === undefined ? undefined : `process:${v.at.space}`;
      for (const node of [device, process])
        if (node !== undefined) alerts.set(node, [...(alerts.get(node) ?? []), text]);
    }
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

  graph(cursor: Cursor): GraphView {
    const open = this.#open;
    const world = this.#world(cursor);
    return open === null || world === null
      ? { nodes: [], edges: [] }
      : { nodes: this.#nodes(open, world), edges: pictureAt(open, world).graph.edges };
  }

  frame({ cursor, from }: { readonly cursor: Cursor; readonly from: Cursor | null }): Frame {
    const open = this.#open;
    const world = this.#world(cursor);
    if (open === null || world === null)
      return {
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
      };
    const broken = this.#broken(world);
    const picture = pictureAt(open, world);
    const nodes = this.#nodes(open, world);
    const before = from === null ? null : this.#world(from);
    const old =
      before === null
        ? new Map<string, string>()
        : new Map(this.#nodes(open, before).map((node) => [node.id, JSON.stringify(node)]));
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
      story: this.#story(open, cursor.step),
      events: events
        .slice(first, last)
        .map(({ event, base }, i) => eventRow(world, event, first + i, base, times[first + i])),
      totalEvents: events.length,
      alerts: broken.slice(0, 100).map((v) => ({
        invariant: v.invariant,
        text: v.text,
        node:
          v.at.context === undefined
            ? v.at.space === undefined
              ? (picture.nodes.device.get(v.at.device ?? '') ?? null)
              : `process:${v.at.space}`
            : (picture.nodes.device.get(world.records.context[v.at.context]?.device ?? '') ?? null),
        strip: stripOf(world, v),
        page: pageOf(world, v),
      })),
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

  #story(open: OpenDocument, index: number): StepStory | null {
    const step = open.story?.run.scenario.value.steps[index];
    const done = open.story?.run.steps[index];
    if (step === undefined || done === undefined || open.story === null) return null;
    const { scenario } = open.story.run;
    const cost = stepCost(done.after, open.story.stepCost(index));
    return {
      index,
      title: step.title,
      say: step.say.trim(),
      lesson: step.lesson ?? null,
      read: step.read.map((r) => ({ label: r.see, where: r.in ?? null })),
      ops: step.do.map(
        (op, i) =>
          `${op.by}: ${op.op}${'place' in op ? ` ${op.place}` : ''}${'errno' in (done.transactions[i]?.result ?? {}) ? ' (refused)' : ''}`,
      ),
      ...(cost === undefined ? {} : { cost }),
      expectations: done.checks.map((check) => ({
        text: check.expected,
        ok: check.ok,
        actual: check.ok ? null : check.actual,
        line: check.line || scenario.at(['steps', index]).line,
      })),
    };
  }

  strip({ cursor, strip, start, pages, cells }: RequestArgs<'strip'>[0]): Uint8Array {
    const world = this.#world(cursor);
    return world === null ? new Uint8Array(0) : stripCells(world, strip, start, pages, Math.min(cells, maxCells));
  }

  pages({ cursor, table, start, count }: RequestArgs<'pages'>[0]): PageTableView {
    const open = this.#open;
    const world = this.#world(cursor);
    if (open === null || world === null) return none;
    const before = open.story?.before(cursor) ?? open.start;
    return (
      tableView(before, world, this.#broken(world), { table, start, count: Math.min(count, maxRows) }) ?? {
        ...none,
        id: table,
        title: table,
      }
    );
  }

  why({ cursor, target }: { readonly cursor: Cursor; readonly target: WhyTarget }): WhyView {
    const story = this.#open?.story ?? null;
    const world = this.#world(cursor);
    if (story === null || world === null) return { question: 'Nothing has happened yet', lines: [], read: [] };
    if (target.kind === 'event') {
      const { chain, op } = story.causes(target.step, target.event);
      const last = chain[chain.length - 1];
      return whyView(
        last === undefined ? 'There is no such event' : `Why: ${eventKinds[last.what.kind].title}`,
        world,
        chain,
        op,
      );
    }
    const buffer = world.records.buffer[target.table];
    const context =
      target.kind === 'mapping' && buffer !== undefined ? columnsOf(world, buffer.space)[target.column] : undefined;
    if (buffer === undefined || (target.kind === 'mapping' && context === undefined))
      return { question: `${target.table} is not mapped here`, lines: [], read: [] };
    const page = buffer.start + target.page;
    const entry =
      context === undefined
        ? printEntry(pageMap(world, 'pte', buffer.space).get(page))
        : printDeviceEntry(pageMap(world, tableOfColumn(world, context), context).get(page));
    const question =
      context === undefined
        ? `Why is page ${target.page} ${entry}?`
        : `Why does ${world.records.context[context]?.device ?? context} have ${entry} for page ${target.page}?`;
    const last =
      context === undefined
        ? story.lastChange(cursor, 'pte', buffer.space, page)
        : story.lastChange(cursor, tableOfColumn(world, context), context, page);
    if (last === null)
      return {
        question,
        lines: [{ step: -1, event: 0, text: 'Nothing has changed it since the beginning.', fn: null, rule: 'start' }],
        read: [],
      };
    const { chain, op } = story.causes(last.step, last.event);
    return whyView(question, world, chain, op);
  }

  parts(request: RequestArgs<'parts'>[0]): RequestAnswer<'parts'> {
    return this.#views.parts(request);
  }

  part(id: string): RequestAnswer<'part'> {
    return this.#views.part(id);
  }

  find(request: RequestArgs<'find'>[0]): RequestAnswer<'find'> {
    return this.#views.find(request);
  }

  matrices(): RequestAnswer<'matrices'> {
    return this.#views.matrices();
  }

  matrix(request: RequestArgs<'matrix'>[0]): RequestAnswer<'matrix'> {
    return this.#views.matrix(request);
  }

  addresses(request: RequestArgs<'addresses'>[0]): RequestAnswer<'addresses'> {
    return this.#views.addresses(request);
  }

  fabricOffer(cursor: Cursor): RequestAnswer<'fabricOffer'> {
    return this.#fabric.offer(cursor);
  }

  fabricPlaces(request: RequestArgs<'fabricPlaces'>[0]): RequestAnswer<'fabricPlaces'> {
    return this.#fabric.find(request);
  }

  findRoutes(request: RequestArgs<'findRoutes'>[0]): RequestAnswer<'findRoutes'> {
    return this.#fabric.route(request);
  }

  findDevices(request: RequestArgs<'findDevices'>[0]): RequestAnswer<'findDevices'> {
    return this.#fabric.devices(request);
  }

  planPipeline(request: RequestArgs<'planPipeline'>[0]): RequestAnswer<'planPipeline'> {
    return this.#fabric.pipeline(request);
  }

  async compare(source: OpenSource | null): Promise<RequestAnswer<'compare'>> {
    if (source === null) return ok(this.#views.compare(null));
    const open = this.#open;
    const other = await this.#build(source);
    if (!other.ok) return other;
    return this.#open === open
      ? ok(this.#views.compare(other.value))
      : problem(other.value.head.source, 'something else was opened in the meantime: compare it again');
  }

  timeline(): TimelineView {
    const story = this.#open?.story ?? null;
    const steps = story?.run.steps.length ?? 0;
    const lanes = new Numbering();
    const states = new Numbering();
    const lane: number[] = [];
    const state: number[] = [];
    const stepStarts: number[] = [];
    for (let step = 0; step < steps; step++) {
      stepStarts.push(lane.length);
      for (const { event } of story?.events(step) ?? []) {
        lane.push(lanes.of(event.by));
        state.push(states.of(eventKinds[event.kind].state));
      }
    }
    stepStarts.push(lane.length);
    return {
      lanes: lanes.words,
      stepStarts,
      lane: Uint8Array.from(lane),
      state: Uint8Array.from(state),
      states: states.words,
    };
  }
}

/** Last part of a path of any system. */
const nameOfPath = (path: string): string => path.split(/[/\\]/).findLast((part) => part !== '') ?? path;

/** What a link names to open this again; null where no link can: texts and bytes came from the window. */
function linkOf(source: OpenSource): readonly string[] | null {
  switch (source.kind) {
    case 'builtin':
      return [source.id];
    case 'path':
      return [source.path];
    case 'this-machine':
      return ['this-machine'];
    case 'several': {
      const names = source.added ? [null] : source.parts.map((part) => linkOf(part)?.[0] ?? null);
      return names.some((name) => name === null) ? null : names.flatMap((name) => name ?? []);
    }
    case 'text':
    case 'bytes':
      return null;
  }
}

const problem = (file: string, message: string): Result<never, readonly Problem[]> =>
  err([{ file, line: 0, column: 0, message }]);

/** First sentence of a machine's own description. */
function summary(text: string): string {
  const about = /^about:\s*\|?\s*\n?\s*([\s\S]{0,400})/m.exec(text)?.[1] ?? '';
  return about.replace(/\s+/g, ' ').split(/(?<=\.)\s/)[0] ?? '';
}

/** Changes with the set of nodes, so that a view asks for the graph again when a process comes or goes. */
function graphVersion(nodes: readonly GraphNode[]): number {
  let hash = 17;
  for (const node of nodes)
    for (const c of `${node.id}|${node.strips.map((s) => `${s.id}${s.pages}`).join()};`)
      hash = (hash * 31 + (c.codePointAt(0) ?? 0)) | 0;
  return hash;
}

function stripOf(world: World, v: Violation): string | null {
  const name = namePlace(world, v.at);
  return name === null ? null : `space:${name.replace(/\[.*$/, '')}`;
}

function pageOf(world: World, v: Violation): number | null {
  const name = namePlace(world, v.at)?.replace(/\[.*$/, '');
  const buffer = name === undefined ? undefined : world.records.buffer[name];
  return buffer === undefined || v.at.start === undefined ? null : v.at.start - buffer.start;
}

/** Numbers words in the order in which they come up; all beyond the 255th are one. */
class Numbering {
  readonly #numbers = new Map<string, number>();

  of(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const next = Math.min(255, this.#numbers.size);
    this.#numbers.set(word, next);
    return next;
  }

  get words(): readonly string[] {
    return [...this.#numbers.keys()].slice(0, 256);
  }
}

const windowEvents = 500;

/** Which events of a step go to a window: all, or those around the cursor. */
function eventWindow({ event }: Cursor, total: number): readonly [number, number] {
  const start = Math.max(0, Math.min((event ?? 0) - windowEvents / 2, total - windowEvents));
  return [start, Math.min(total, start + windowEvents)];
}
