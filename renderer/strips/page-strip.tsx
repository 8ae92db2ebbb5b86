import { memo, useEffect, useRef, useState, type MouseEvent } from 'react';
import type { StripRef } from '../../app/contract/frame.ts';
import { client } from '../client.ts';
import { useAnswer } from '../inspector/use-answer.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { select, useSelection } from '../stores/selection.ts';
import { useTheme } from '../theme/apply-theme.ts';
import { describeCodes, paintStrip } from './paint.ts';
import { cellAt, pageOfCell, stripGrid } from '../../app/draw/strip-grid.ts';
import './strips.css';

interface PageStripProps {
  readonly strip: StripRef;
  /** Width to fill, in CSS pixels. */
  readonly room: number;
}

/** Table that a strip's pages belong to: strips of address spaces have one, strips of pools do not. */
export const tableOf = (strip: string): string | null =>
  strip.startsWith('space:') ? strip.slice('space:'.length) : null;

/** A row of pages as pixels: a cell is a page, or several where there are many. Click selects the page. */
export const PageStrip = memo(function PageStrip({ strip, room }: PageStripProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const document = useDocument((state) => state.head?.id ?? '');
  const cursor = useFrame((state) => state.cursor);
  const theme = useTheme();
  const grid = stripGrid(strip.pages, room);
  const codes = useAnswer(`${document}|${strip.id}|${strip.pages}|${cursor.step}|${cursor.event ?? 'all'}`, () =>
    client().request('strip', { cursor, strip: strip.id, start: strip.start, pages: strip.pages, cells: grid.cells }),
  );
  const table = tableOf(strip.id);
  const chosen = useSelection((state) =>
    state.selected?.kind === 'page' && state.selected.table === table ? state.selected.page : null,
  );
  const [over, setOver] = useState<number | null>(null);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d') ?? null;
    if (element === null || context === null || codes === null) return;
    const scale = window.devicePixelRatio * 2;
    if (element.width !== grid.width * scale || element.height !== grid.height * scale) {
      element.width = grid.width * scale;
      element.height = grid.height * scale;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, grid.width, grid.height);
    paintStrip(context, grid, codes, theme);
  });

  /** Page under the pointer; the picture may be zoomed, so its own size on screen counts. */
  const pageAt = (event: MouseEvent<HTMLCanvasElement>): number | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const cell = cellAt(
      grid,
      ((event.clientX - box.left) / box.width) * grid.width,
      ((event.clientY - box.top) / box.height) * grid.height,
    );
    return cell === null ? null : strip.start + pageOfCell(grid, strip.pages, cell);
  };
  const mark = chosen === null ? null : Math.floor(((chosen - strip.start) * grid.cells) / strip.pages);

  return (
    <div className="strip nodrag" style={{ width: grid.width, height: grid.height }}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${strip.label}: ${codes === null ? 'loading' : describeCodes(codes)}`}
        title={over === null ? undefined : `${strip.label}, page ${over}`}
        style={{ width: grid.width, height: grid.height, cursor: table === null ? 'default' : 'pointer' }}
        onMouseMove={(event) => setOver(pageAt(event))}
        onMouseLeave={() => setOver(null)}
        onClick={(event) => {
          const page = pageAt(event);
          if (page === null || table === null) return;
          event.stopPropagation();
          select({ kind: 'page', table, page });
        }}
      />
      {mark !== null && mark >= 0 && mark < grid.cells && (
        <span
          className="strip-mark"
          style={{
            left: (mark % grid.columns) * grid.pitchX - 1,
            top: Math.floor(mark / grid.columns) * grid.pitchY - 1,
            width: grid.pitchX + 1,
            height: grid.pitchY + 1,
          }}
        />
      )}
    </div>
  );
});
