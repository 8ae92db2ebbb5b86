import type { GraphEdgeKind } from '../../app/contract/frame.ts';
import { wireStyle } from '../../app/draw/wire-style.ts';
import { usePicture } from '../graph/picture-state.ts';
import { useComparison } from '../stores/comparison.ts';
import { useDocument } from '../stores/document.ts';
import { useLayout } from '../stores/layout.ts';
import './legend.css';

/** A piece of a wire as the picture draws it. */
export function WireSample({ kind, degraded = false }: { readonly kind: GraphEdgeKind; readonly degraded?: boolean }) {
  const style = wireStyle(kind);
  return (
    <svg className="wire-sample" width={26} height={8} aria-hidden="true">
      <path
        d="M0,4H26"
        stroke={`var(--${degraded ? 'refusal' : style.role})`}
        strokeWidth={style.width}
        strokeDasharray={degraded ? '5 3' : (style.dash ?? undefined)}
      />
    </svg>
  );
}

/** Kinds of wires by how they look: those that are drawn alike are told apart by what they join. */
export function linesOf(
  kinds: readonly GraphEdgeKind[],
): readonly { readonly kind: GraphEdgeKind; readonly words: readonly string[] }[] {
  const lines = new Map<string, { readonly kind: GraphEdgeKind; readonly words: string[] }>();
  for (const kind of new Set(kinds)) {
    const { word, ...look } = wireStyle(kind);
    const key = JSON.stringify(look);
    const known = lines.get(key);
    if (known === undefined) lines.set(key, { kind, words: [word] });
    else known.words.push(word);
  }
  return [...lines.values()];
}

const differences = [
  ['added', '+', 'added'],
  ['changed', '~', 'changed'],
  ['removed', '−', 'removed from it'],
] as const;

/** What the lines of a machine's picture are, and what marks its parts while it is compared with another one. */
export function MachineLegend() {
  const shown = useLayout((state) => state.panels.legend);
  const hasPages = useDocument((state) => (state.head?.tables.length ?? 0) > 0);
  const wires = usePicture((state) => state.shown?.drawn.drawing.wires);
  const stacked = usePicture((state) => state.shown?.drawn.picture.nodes.some((node) => node.count > 1) === true);
  const comparing = useComparison((state) => state.marks.size > 0);
  const kinds = linesOf((wires ?? []).map((wire) => wire.kind));
  if (!shown || (hasPages && !comparing) || (kinds.length === 0 && !comparing)) return null;
  return (
    <ul className="legend-strip" data-above={hasPages || undefined} aria-label="Legend of the picture">
      {!hasPages &&
        kinds.map(({ kind, words }) => (
          <li key={kind}>
            <WireSample kind={kind} />
            {words.join(', ')}
          </li>
        ))}
      {!hasPages && wires?.some((wire) => wire.degraded) === true && (
        <li>
          <WireSample kind="pcie" degraded />
          runs below its capability
        </li>
      )}
      {!hasPages && stacked && (
        <li>
          <b className="legend-count">× 4</b>
          alike ones, drawn as one
        </li>
      )}
      {comparing &&
        differences.map(([difference, sign, word]) => (
          <li key={difference}>
            <span className="difference-sample" data-difference={difference} aria-hidden="true">
              {sign}
            </span>
            {word}
          </li>
        ))}
    </ul>
  );
}
