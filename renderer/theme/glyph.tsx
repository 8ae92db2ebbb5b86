import { glyphShape } from '../../app/draw/state-style.ts';
import { legendRow } from './state-style.ts';
import './glyph.css';

interface GlyphProps {
  /** Legend id; one that this version does not know is drawn as a question mark. */
  readonly state: string;
  /** Side in CSS pixels. */
  readonly size?: number;
}

/** A page state as its colour and its shape. The word stands beside it: the glyph itself is hidden from screen readers. */
export function Glyph({ state, size = 16 }: GlyphProps) {
  const row = legendRow(state);
  if (row === null) {
    return (
      <svg className="glyph unknown-state" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
        <rect x="0.75" y="0.75" width="14.5" height="14.5" rx="3" />
        <path d="M6 6.2a2 2 0 1 1 2.6 1.9q-.6.3-.6 1M8 11.4v.6" />
      </svg>
    );
  }
  const shape = glyphShape[row.glyph];
  return (
    <svg className={`glyph glyph-${row.glyph}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <rect
        x="0.75"
        y="0.75"
        width="14.5"
        height="14.5"
        rx="3"
        fill={`var(--state-${row.id})`}
        stroke={`var(--edge-${row.id})`}
      />
      <path
        d={shape.path}
        fill={shape.draw === 'fill' ? `var(--ink-${row.id})` : 'none'}
        stroke={shape.draw === 'line' ? `var(--ink-${row.id})` : 'none'}
      />
    </svg>
  );
}
