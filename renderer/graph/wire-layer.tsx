import { memo } from 'react';
import { ViewportPortal } from '@xyflow/react';
import type { Wire } from '../../app/draw/routes.ts';
import { wireStyle } from '../../app/draw/wire-style.ts';
import { roundedPath } from '../../app/draw/wires.ts';
import { textWidth } from '../../app/draw/text-width.ts';

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
                      strokeDasharray={wire.degraded ? '5 3' : (style.dash ?? undefined)}
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
  const width = Math.max(...label.lines.map((line) => textWidth(line, { size: 11 }))) + 6;
  const height = label.lines.length * 14;
  const left = label.anchor === 'middle' ? label.x - width / 2 : label.x;
  return (
    <g className="wire-label" data-degraded={degraded || undefined}>
      <rect x={left} y={label.y - height / 2} width={width} height={height} rx={3} fill={`var(--${label.on})`} />
      {label.lines.map((line, i) => (
        <text
          key={i}
          x={label.anchor === 'middle' ? label.x : label.x + 3}
          y={label.y - height / 2 + 11 + i * 14}
          textAnchor={label.anchor === 'middle' ? 'middle' : 'start'}
        >
          {line}
        </text>
      ))}
    </g>
  );
}
