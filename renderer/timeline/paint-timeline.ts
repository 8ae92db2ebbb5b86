import type { EventWindow, LaneIndex, Mark } from './marks.ts';
import { markWidth } from './marks.ts';

export const laneHeight = 20;
export const headHeight = 22;

/** From an event to the one that caused it, both as events since the beginning. */
export interface Arc {
  readonly event: number;
  readonly cause: number;
}

export interface Scene {
  readonly index: LaneIndex;
  readonly marks: readonly Mark[];
  readonly window: EventWindow;
  readonly width: number;
  /** Events that have happened. */
  readonly done: number;
  readonly step: number;
  /** The selected event, since the beginning. */
  readonly chosen: number | null;
  readonly arcs: readonly Arc[];
}

const laneY = (lane: number): number => headHeight + (lane + 0.5) * laneHeight;

function colours(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim();
}

function line(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  context.beginPath();
  context.moveTo(x, y + 0.5);
  context.lineTo(toX, toY + 0.5);
  context.stroke();
}

const colourOf = (state: string, colour: (name: string) => string): string =>
  state === 'refusal'
    ? colour('--refusal')
    : state === 'neutral'
      ? colour('--neutral-mark')
      : state === 'none'
        ? colour('--accent')
        : colour(`--state-${state}`);

/** First step that ends after an event. */
function stepAt(starts: readonly number[], event: number): number {
  let [low, high] = [0, Math.max(0, starts.length - 2)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle + 1] ?? 0) <= event) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Beginnings of the steps in view, where they are apart enough, with their numbers. */
function paintSteps(
  context: CanvasRenderingContext2D,
  scene: Scene,
  at: (event: number) => number,
  height: number,
): void {
  const { stepStarts } = scene.index.view;
  const least = ((scene.window.to - scene.window.from) / Math.max(1, scene.width)) * 2;
  let drawn = -Infinity;
  let labelled = -20;
  for (let step = stepAt(stepStarts, scene.window.from); step < stepStarts.length - 1; step++) {
    const start = stepStarts[step] ?? 0;
    if (start > scene.window.to) break;
    if (start - drawn < least) continue;
    drawn = start;
    const x = at(start);
    line(context, x, 0, x, height);
    const beginsBefore = start < scene.window.from;
    const labelX = beginsBefore ? 0 : x;
    if (labelX - labelled < 16) continue;
    labelled = labelX;
    context.fillText(String(step + 1), labelX + 4, 14);
  }
}

/** Arcs lean over the lanes from an event back to its cause, which they point at. */
function paintArcs(
  context: CanvasRenderingContext2D,
  scene: Scene,
  at: (event: number) => number,
  accent: string,
): void {
  context.strokeStyle = accent;
  context.fillStyle = accent;
  context.lineWidth = 1.5;
  for (const { event, cause } of scene.arcs) {
    const [x1, y1] = [at(event + 0.5), laneY(scene.index.view.lane[event] ?? 0)];
    const [x0, y0] = [at(cause + 0.5), laneY(scene.index.view.lane[cause] ?? 0)];
    const lift = Math.min(laneHeight * 0.9, 6 + Math.abs(x1 - x0) / 6);
    const [middleX, middleY] = [(x0 + x1) / 2, Math.min(y0, y1) - lift];
    context.beginPath();
    context.moveTo(x1, y1 - 5);
    context.quadraticCurveTo(middleX, middleY, x0, y0 - 5);
    context.stroke();
    const angle = Math.atan2(y0 - 5 - middleY, x0 - middleX);
    context.beginPath();
    context.moveTo(x0, y0 - 4);
    context.lineTo(x0 - 6 * Math.cos(angle - 0.45), y0 - 4 - 6 * Math.sin(angle - 0.45));
    context.lineTo(x0 - 6 * Math.cos(angle + 0.45), y0 - 4 - 6 * Math.sin(angle + 0.45));
    context.fill();
  }
  context.lineWidth = 1;
}

/** Paints what is in view; the work grows with pixels and lanes, not with events. */
export function paintTimeline(context: CanvasRenderingContext2D, scene: Scene): void {
  const { index, window, width, done, step, chosen } = scene;
  const { view } = index;
  const colour = colours();
  const height = headHeight + view.lanes.length * laneHeight;
  const scale = width / (window.to - window.from);
  const at = (event: number): number => (event - window.from) * scale;
  context.clearRect(0, 0, width, height);
  const from = view.stepStarts[step];
  const to = view.stepStarts[step + 1];
  if (from !== undefined && to !== undefined) {
    context.fillStyle = colour('--accent-surface');
    context.fillRect(at(from), 0, Math.max(2, at(to) - at(from)), height);
  }
  context.strokeStyle = colour('--faint');
  view.lanes.forEach((_, lane) => line(context, 0, laneY(lane), width, laneY(lane)));
  context.strokeStyle = colour('--hairline');
  context.fillStyle = colour('--muted');
  context.font = '11px Inter Variable, sans-serif';
  paintSteps(context, scene, at, height);
  const causes = new Set(scene.arcs.map(({ cause }) => cause));
  for (const mark of scene.marks) {
    context.fillStyle = colourOf(view.states[mark.state] ?? 'neutral', colour);
    const tall = mark.events > 1 ? 14 : 11;
    context.beginPath();
    context.roundRect(mark.x - markWidth / 2, laneY(mark.lane) - tall / 2, markWidth - 1, tall, 2);
    context.fill();
  }
  const accent = colour('--accent');
  paintArcs(context, scene, at, accent);
  context.strokeStyle = accent;
  for (const event of chosen === null ? causes : new Set([...causes, chosen])) {
    context.lineWidth = event === chosen ? 1.5 : 1;
    context.beginPath();
    context.arc(at(event + 0.5), laneY(view.lane[event] ?? 0), event === chosen ? 9 : 7, 0, 2 * Math.PI);
    context.stroke();
  }
  context.lineWidth = 1;
  if (done >= window.from && done <= window.to) {
    context.fillStyle = accent;
    context.fillRect(Math.max(0, Math.min(width - 2, at(done) - 1)), 0, 2, height);
  }
}
