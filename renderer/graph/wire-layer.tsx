import { memo } from 'react';
import { ViewportPortal } from '@xyflow/react';
import { labelBase, labelBox, labelLine, type Wire } from '../../app/draw/routes.ts';
import { listedDash, wireStyle } from '../../app/draw/wire-style.ts';
import { roundedPath } from '../../app/draw/wires.ts';

/** All wires of the picture, between the frames and the cards. */
export const WireLayer = memo(function WireLayer({ wires }: { readonly wires: readonly Wire[] }) {
  return (
    <ViewportPortal>
      <svg className="wires">
        {wires.map((wire) => {
          const style = wireStyle(wire.kind);
          return (
            <g className="wire" key={wire.id} data-kind={wire.kind} data-degraded={wire.degraded || undefined}>
              <title>{wire.title}</title>
              {wire.paths.map((path, i) => {
                const d = roundedPath(path);
                return (
                  <g key={i}>
                    <path className="wire-touch" d={d} />
                    <path
                      d={d}
                      stroke={`var(--${wire.degraded ? 'refusal' : style.role})`}
                      strokeWidth={style.width}
                      strokeDasharray={wire.degraded ? '5 3' : wire.listed ? listedDash : (style.dash ?? undefined)}
                    />
                  </g>
                );
              })}
              {wire.dots.map((dot, i) => (
                <circle key={i} cx={dot.x} cy={dot.y} r={3} fill={`var(--${wire.degraded ? 'refusal' : style.role})`} />
              ))}
            </g>
          );
        })}
        {wires.map((wire) => (
          <WireLabel key={wire.id} wire={wire} />
        ))}
      </svg>
    </ViewportPortal>
  );
});

function WireLabel({ wire: { label, degraded } }: { readonly wire: Wire }) {
  if (label === null) return null;
  const box = labelBox(label);
  return (
    <g className="wire-label" data-degraded={degraded || undefined}>
      <rect {...box} rx={3} fill={`var(--${label.on})`} />
      {label.lines.map((line, i) => (
        <text
          key={i}
          x={label.anchor === 'middle' ? label.x : box.x + 3}
          y={box.y + labelBase + i * labelLine}
          textAnchor={label.anchor === 'middle' ? 'middle' : 'start'}
        >
          {line}
        </text>
      ))}
    </g>
  );
}
