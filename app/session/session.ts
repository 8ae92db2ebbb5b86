/**
 * Answers the requests of one window. Knows no transport, no Node and no DOM: hosts wrap it, and it runs in a worker
 * as well. What is open stays open until its successor has been built without a problem.
 */
import { ok, type Problem, type Result } from '../base/result.ts';
import type { Cursor, Frame, GraphView, PageTableView, TimelineView, WhyView } from '../contract/frame.ts';
import type {
  Catalog,
  DocumentHead,
  OpenSource,
  RequestArgs,
  RequestAnswer,
  RequestName,
} from '../contract/requests.ts';
import type { World } from '../model/world.ts';
import { stripCells } from '../view/strip-view.ts';
import { tableView } from '../view/table-view.ts';
import { rememberViolations, violationsIn } from './alerts.ts';
import { catalogOf } from './catalog.ts';
import { worldAt, type OpenDocument } from './document.ts';
import { FabricQueries } from './fabric-queries.ts';
import { emptyFrame, frameAt, graphAt } from './frame-at.ts';
import type { Library } from './library.ts';
import { MachineViews } from './machine-views.ts';
import { linkOf, openSource, sourceProblem } from './source.ts';
import { openSeveral } from './sources.ts';
import { timelineOf } from './timeline.ts';
import { whyAt } from './why-at.ts';

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

  readonly #views = new MachineViews(() => this.#open);
  readonly #fabric = new FabricQueries(
    () => this.#open,
    (cursor) => this.#world(cursor),
  );

  constructor(readonly library: Library) {}

  catalog(): Promise<Catalog> {
    return catalogOf(this.library);
  }

  async open(source: OpenSource): Promise<Result<DocumentHead, readonly Problem[]>> {
    const turn = ++this.#turn;
    const opened = await this.#build(source);
    if (!opened.ok) return opened;
    // Who asked for something else in the meantime wants that.
    if (turn !== this.#turn)
      return sourceProblem(
        opened.value.head.source,
        'something else was opened in the meantime: open it again if it is wanted',
      );
    const link = linkOf(source);
    this.#open = link === null ? opened.value : { ...opened.value, head: { ...opened.value.head, link } };
    for (const step of opened.value.story?.run.steps ?? []) rememberViolations(step.after, step.violations);
    return ok(this.#open.head);
  }

  #build(source: OpenSource): Promise<Result<OpenDocument, readonly Problem[]>> {
    return source.kind === 'several'
      ? openSeveral(this.library, source.parts, source.added ? this.#open : null)
      : openSource(this.library, source);
  }

  current(): DocumentHead | null {
    return this.#open?.head ?? null;
  }

  #world(cursor: Cursor): World | null {
    return this.#open === null ? null : worldAt(this.#open, cursor);
  }

  graph(cursor: Cursor): GraphView {
    return this.#open === null ? { nodes: [], edges: [] } : graphAt(this.#open, cursor);
  }

  frame({ cursor, from }: RequestArgs<'frame'>[0]): Frame {
    return this.#open === null ? emptyFrame(cursor) : frameAt(this.#open, cursor, from);
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
      tableView(before, world, violationsIn(world), { table, start, count: Math.min(count, maxRows) }) ?? {
        ...none,
        id: table,
        title: table,
      }
    );
  }

  why({ cursor, target }: RequestArgs<'why'>[0]): WhyView {
    return whyAt(this.#open?.story ?? null, cursor, target);
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
      : sourceProblem(other.value.head.source, 'something else was opened in the meantime: compare it again');
  }

  timeline(): TimelineView {
    return timelineOf(this.#open?.story ?? null);
  }
}
