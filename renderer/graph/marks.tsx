import type { Mark } from '../../app/draw/card.ts';
import { useStore } from '@xyflow/react';
import { PageStrip } from '../strips/page-strip.tsx';
import { StripZoom, zoomStep } from '../strips/strip-scale.ts';

/** Text, icons and lines of a card, as the SVG writer writes them; page strips stand upon them as canvases. */
export function Marks({
  marks,
  width,
  height,
}: {
  readonly marks: readonly Mark[];
  readonly width: number;
  readonly height: number;
}) {
  const zoom = useStore((state) => zoomStep(state.transform[2]));
  return (
    <StripZoom.Provider value={zoom}>
      <svg className="marks" width={width} height={height} aria-hidden="true">
        {marks.map((mark, i) => {
          if (mark.kind === 'text')
            return (
              <text
                key={i}
                x={mark.x}
                y={mark.y}
                fontSize={mark.size}
                fontWeight={mark.bold ? 600 : 400}
                textAnchor={mark.anchor}
                fill={`var(--${mark.role})`}
              >
                {mark.whole !== mark.text && <title>{mark.whole}</title>}
                {mark.text}
              </text>
            );
          if (mark.kind === 'icon')
            return (
              <path
                key={i}
                className="mark-icon"
                d={mark.path}
                transform={`translate(${mark.x} ${mark.y}) scale(${mark.size / 24})`}
              />
            );
          if (mark.kind === 'box')
            return (
              <rect
                key={i}
                x={mark.x}
                y={mark.y}
                width={mark.width}
                height={mark.height}
                rx={mark.radius}
                fill={mark.fill === 'none' ? 'none' : `var(--${mark.fill})`}
                stroke={mark.edge === null ? 'none' : `var(--${mark.edge})`}
              />
            );
          return null;
        })}
      </svg>
      {marks.map((mark) =>
        mark.kind === 'strip' ? (
          <div className="mark-strip" key={mark.strip.id} style={{ left: mark.x, top: mark.y }}>
            <PageStrip strip={mark.strip} room={mark.room} />
          </div>
        ) : null,
      )}
    </StripZoom.Provider>
  );
}
