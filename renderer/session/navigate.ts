import type { Cursor, Frame, GraphView, PageTableView } from '../../app/contract/frame.ts';
import { client } from '../client.ts';
import { useDocument } from '../stores/document.ts';
import { emptyFrame, mergeFrame, useFrame } from '../stores/frame.ts';
import { usePlayback } from '../stores/playback.ts';
import { useTable, type RowSpan } from '../stores/table.ts';
import {
  beginning,
  clampCursor,
  cursorAfter,
  lastCursor,
  nextEvent,
  nextStep,
  previousEvent,
  previousStep,
  sameCursor,
  type StepSizes,
} from './cursor.ts';
import { createSeeker } from './seeker.ts';
import { reportLost } from './lost.ts';

interface Picture {
  readonly frame: Frame;
  /** Not a difference from what is on screen. */
  readonly whole: boolean;
  /** Null where the machine's graph is the one on screen. */
  readonly graph: GraphView | null;
  /** The rows of the page table that is on show, so that table and picture change together. */
  readonly rows: { readonly span: RowSpan; readonly view: PageTableView } | null;
}

async function fetchRows(cursor: Cursor): Promise<Picture['rows']> {
  const { wanted: span } = useTable.getState();
  return span === null ? null : { span, view: await client().request('pages', { cursor, ...span }) };
}

async function fetchPicture(cursor: Cursor, from: Cursor | null): Promise<Picture> {
  if (from === null) {
    const [frame, graph, rows] = await Promise.all([
      client().request('frame', { cursor, from }),
      client().request('graph', cursor),
      fetchRows(cursor),
    ]);
    return { frame, whole: true, graph, rows };
  }
  const [frame, rows] = await Promise.all([client().request('frame', { cursor, from }), fetchRows(cursor)]);
  const known = useFrame.getState().frame?.graphVersion;
  return {
    frame,
    whole: false,
    graph: known === frame.graphVersion ? null : await client().request('graph', cursor),
    rows,
  };
}

const seeker = createSeeker<Picture>({
  fetch: fetchPicture,
  paint: (cursor, { frame, whole, graph, rows }) => {
    if (rows !== null) useTable.setState({ ready: { cursor, ...rows } });
    useFrame.setState(mergeFrame(useFrame.getState(), frame, graph, whole));
  },
  fail: reportLost,
});

const steps = (): StepSizes => useDocument.getState().head?.steps ?? [];

/** Goes to a place of the open history, whole or not: what does not exist is brought to the nearest that does. */
export function goTo(cursor: Cursor): void {
  const target = clampCursor(steps(), cursor);
  if (!sameCursor(usePlayback.getState().target, target)) usePlayback.setState({ target });
  seeker.seek(target);
}

/** Starts over with another document, at `cursor`. */
export function showDocument(cursor: Cursor): void {
  seeker.reset();
  useTable.setState({ wanted: null, ready: null });
  useFrame.setState(emptyFrame);
  usePlayback.setState({ target: beginning, playing: false });
  goTo(cursor);
}

const move = (to: (sizes: StepSizes, at: Cursor) => Cursor): void => {
  const sizes = steps();
  const at = usePlayback.getState().target;
  const target = to(sizes, at);
  if (!sameCursor(target, at)) goTo(target);
};

export const goFirst = (): void => move(() => beginning);
export const goLast = (): void => move(lastCursor);
export const stepForward = (): void => move(nextStep);
export const stepBack = (): void => move(previousStep);
export const eventForward = (): void => move(nextEvent);
export const eventBack = (): void => move(previousEvent);
/** Goes to where `done` events of the whole history have happened. */
export const goToEvent = (done: number): void => move((sizes) => cursorAfter(sizes, done));

/** One move forward or back in the grain that is chosen. */
export const forward = (): void => (usePlayback.getState().grain === 'step' ? stepForward() : eventForward());
export const back = (): void => (usePlayback.getState().grain === 'step' ? stepBack() : eventBack());
