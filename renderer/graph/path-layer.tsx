import { useMemo } from 'react';
import { ViewportPortal } from '@xyflow/react';
import { X } from 'lucide-react';
import { printRate } from '../../app/base/format.ts';
import { pathBetween, printPath } from '../../app/draw/path.ts';
import type { Drawn } from '../../app/draw/draw.ts';
import type { Picture, Placed } from '../../app/draw/picture.ts';
import { joinWires, roundedPath } from '../../app/draw/wires.ts';
import { useFrame } from '../stores/frame.ts';
import { useSelection } from '../stores/selection.ts';
import { usePicture } from './picture-state.ts';

interface PathProps {
  readonly picture: Picture;
  readonly drawn: Drawn;
  readonly places: ReadonlyMap<string, Placed>;
}

function usePath(picture: Picture) {
  const from = useSelection((state) => (state.selected?.kind === 'node' ? state.selected.id : null));
  const goal = usePicture((state) => state.goal);
  return useMemo(
    () =>
      from === null || goal === null || from === goal ? null : { from, goal, path: pathBetween(picture, from, goal) },
    [picture, from, goal],
  );
}

/** The way between the selected part and another one, along its wires; the narrowest hop stands out. */
export function PathLayer({ picture, drawn, places }: PathProps) {
  const found = usePath(picture);
  if (found?.path == null) return null;
  const { path } = found;
  const at = places.get(drawn.picture.standIn.get(path.from) ?? path.from);
  if (at === undefined) return null;
  const { routes } = drawn.drawing;
  const line = joinWires(
    path.hops.map(({ edge }) => edge.id),
    routes,
    at,
  );
  const narrow = path.bottleneck === null ? undefined : routes.get(path.bottleneck.id);
  return (
    <ViewportPortal>
      <svg className="wires path-way">
        <path d={roundedPath(line)} />
        {narrow !== undefined && <path className="path-narrow" d={roundedPath(narrow)} />}
      </svg>
    </ViewportPortal>
  );
}

/** What the way is: its class and why, its hops, the narrowest. */
export function PathCard({ picture }: { readonly picture: Picture }) {
  const found = usePath(picture);
  const nodes = useFrame((state) => state.nodes);
  if (found === null) return null;
  const nameOf = (id: string): string => nodes.get(id)?.title ?? id;
  const { path } = found;
  return (
    <section className="path-card floating" aria-label="Way between two parts" role="status">
      <button
        type="button"
        className="control plain"
        aria-label="Close"
        onClick={() => usePicture.setState({ goal: null })}
      >
        <X size={14} aria-hidden="true" />
      </button>
      {path === null ? (
        <p>
          Nothing that is told joins <strong>{nameOf(found.from)}</strong> and <strong>{nameOf(found.goal)}</strong>.
        </p>
      ) : (
        <>
          <p>
            {path.pathClass !== null && <strong className="path-class">{path.pathClass}</strong>}{' '}
            {printPath(path, nameOf)}
          </p>
          <p className="muted">{path.reason}.</p>
          <ol>
            {path.hops.map(({ edge, to }) => (
              <li key={edge.id} data-narrow={edge.id === path.bottleneck?.id || undefined}>
                <span>{nameOf(to)}</span>
                <span className="muted">
                  {edge.label ?? (edge.bandwidthGBs === null ? edge.kind : printRate(edge.bandwidthGBs))}
                  {edge.degraded === null ? '' : `, runs at ${edge.degraded}`}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
