import { ViewportPortal } from '@xyflow/react';
import { X } from 'lucide-react';
import type { Drawn } from '../../app/draw/draw.ts';
import { isInside, type Picture, type Placed } from '../../app/draw/picture.ts';
import { joinWires, roundedPath } from '../../app/draw/wires.ts';
import { sameCursor } from '../session/cursor.ts';
import { useFrame } from '../stores/frame.ts';
import { useLayout } from '../stores/layout.ts';
import { useQueries, type ShownWay } from '../stores/queries.ts';

/** The result of a query that is chosen, as long as it is true of what is painted. */
function useShownWay(): ShownWay | null {
  const shown = useQueries((state) => state.shown);
  const cursor = useFrame((state) => state.cursor);
  return shown !== null && sameCursor(shown.cursor, cursor) ? shown : null;
}

const none: readonly string[] = [];

/** Places of the result on show: they are not folded away. */
export const useMarked = (): readonly string[] => useShownWay()?.drawn.marked ?? none;

/** Whether a card is, stands for, or holds one of the places of the result on show. */
export function useIsMarked(stands: readonly string[], behind: ReadonlySet<string> | null): boolean {
  const marked = useMarked();
  return marked.some((id) => stands.includes(id) || behind?.has(id) === true);
}

interface WayLayerProps {
  readonly picture: Picture;
  readonly drawn: Drawn;
  readonly places: ReadonlyMap<string, Placed>;
}

/** The ways of the result on show, along their wires; the wire that limits stands out. */
export function WayLayer({ picture, drawn, places }: WayLayerProps) {
  const shown = useShownWay();
  if (shown === null) return null;
  const { routes } = drawn.drawing;
  const owners = new Map(picture.nodes.filter(isInside).map((node) => [node.id, node.parent ?? node.id]));
  const placeOf = (id: string): Placed | undefined => {
    const outer = owners.get(id) ?? id;
    return places.get(drawn.picture.standIn.get(outer) ?? outer);
  };
  const { lines, narrowest } = shown.drawn;
  const narrow = narrowest === null ? undefined : routes.get(narrowest);
  return (
    <ViewportPortal>
      <svg className="wires path-way">
        <g className="way-lines">
          {lines.map(({ from, wires }, i) => {
            const at = placeOf(from);
            const line = at === undefined ? [] : joinWires(wires, routes, at);
            return line.length < 2 ? null : <path key={i} d={roundedPath(line)} />;
          })}
          {narrow !== undefined && <path className="path-narrow" d={roundedPath(narrow)} />}
        </g>
      </svg>
    </ViewportPortal>
  );
}

/** What the marked way is, in the graph alone: beside a query its table says it. */
export function WayCard() {
  const shown = useShownWay();
  const view = useLayout((state) => state.view);
  if (shown === null || view !== 'graph') return null;
  return (
    <section className="path-card floating" aria-label="Result of a query" role="status">
      <button
        type="button"
        className="control plain"
        aria-label="Close"
        onClick={() => useQueries.setState({ shown: null })}
      >
        <X size={14} aria-hidden="true" />
      </button>
      <p>{shown.said}</p>
      <p>
        <button type="button" className="control" onClick={() => useLayout.setState({ view: 'queries' })}>
          Back to the query
        </button>
      </p>
    </section>
  );
}
