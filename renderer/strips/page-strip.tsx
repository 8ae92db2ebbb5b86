import { memo, useLayoutEffect, useRef, useState, type MouseEvent } from 'react';
import type { StripRef } from '../../app/contract/frame.ts';
import { cellAt, stripGrid, type StripGrid } from '../../app/draw/strip-grid.ts';
import type { ThemeName } from '../../app/draw/state-style.ts';
import { client } from '../client.ts';
import { useAnswer } from '../inspector/use-answer.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame, type FrameState } from '../stores/frame.ts';
import { select, useSelection } from '../stores/selection.ts';
import { useTheme } from '../theme/apply-theme.ts';
import { detailAt, detailCells, detailOf, fillDetail, paletteOf, type Detail } from './detail.ts';
import { describeCodes, paintStrip } from './paint.ts';
import { useStripScale } from './strip-scale.ts';
import './strips.css';

interface PageStripProps {
  readonly strip: StripRef;
  /** Width to fill, in CSS pixels. */
  readonly room: number;
}

/** Table that a strip's pages belong to: strips of address spaces have one, strips of pools do not. */
export const tableOf = (strip: string): string | null =>
  strip.startsWith('space:') ? strip.slice('space:'.length) : null;

/**
 * The cursor at which the strip last changed: as long as no frame names it among what differs, its cells on screen are
 * still right, and nothing is asked.
 */
function useChangedAt(strip: string): FrameState['cursor'] {
  const cursor = useRef<FrameState['cursor'] | null>(null);
  const seen = useRef<{ readonly frame: FrameState['frame']; readonly whole: number } | null>(null);
  return useFrame((state) => {
    if (seen.current?.frame !== state.frame) {
      const isDirty =
        seen.current?.whole !== state.whole || (state.frame?.dirty ?? []).some((span) => span.strip === strip);
      seen.current = { frame: state.frame, whole: state.whole };
      if (isDirty || cursor.current === null) cursor.current = state.cursor;
    }
    return cursor.current ?? state.cursor;
  });
}

function paint(
  element: HTMLCanvasElement,
  grid: StripGrid,
  detail: Detail | null,
  codes: Uint8Array,
  theme: ThemeName,
  scale: number,
): void {
  const context = element.getContext('2d');
  if (context === null) return;
  const resize = (width: number, height: number): void => {
    if (element.width !== width) element.width = width;
    if (element.height !== height) element.height = height;
  };
  if (detail !== null) {
    resize(grid.columns * detail.across, grid.rows * detail.down);
    const image = context.createImageData(element.width, element.height);
    fillDetail(new Uint32Array(image.data.buffer), grid, detail, codes, paletteOf(theme));
    context.putImageData(image, 0, 0);
    return;
  }
  // Glyphs are drawn at twice the size of the screen's pixels, so that they stay sharp between two steps of zoom.
  const sharp = Math.max(2, scale);
  resize(Math.ceil(grid.width * sharp), Math.ceil(grid.height * sharp));
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  context.clearRect(0, 0, grid.width, grid.height);
  paintStrip(context, grid, codes, theme);
}

/** A row of pages as pixels: a cell is a page, or several where there are many. Click selects the page. */
export const PageStrip = memo(function PageStrip({ strip, room }: PageStripProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const document = useDocument((state) => state.head?.id ?? '');
  const cursor = useChangedAt(strip.id);
  const theme = useTheme();
  const scale = useStripScale();
  const grid = stripGrid(strip.pages, room);
  const detail = detailOf(grid, strip.pages, scale);
  const cells = detail === null ? grid.cells : detailCells(grid, detail);
  const answer = useAnswer(
    `${document}|${strip.id}|${strip.start}|${strip.pages}|${cells}|${cursor.step}|${cursor.event ?? 'all'}`,
    async () => ({
      cells,
      codes: await client().request('strip', {
        cursor,
        strip: strip.id,
        start: strip.start,
        pages: strip.pages,
        cells,
      }),
    }),
  );
  const table = tableOf(strip.id);
  const chosen = useSelection((state) =>
    state.selected?.kind === 'page' && state.selected.table === table ? state.selected.page : null,
  );
  const [over, setOver] = useState<number | null>(null);
  // While finer cells are under way the coarser ones stay.
  const codes = answer?.cells === cells ? answer.codes : null;
  const across = detail?.across ?? 0;
  const down = detail?.down ?? 0;

  useLayoutEffect(() => {
    if (canvas.current !== null && codes !== null)
      paint(canvas.current, grid, across === 0 ? null : { across, down }, codes, theme, scale);
    // The grid follows from the pages and the room.
  }, [codes, strip.pages, room, across, down, theme, scale]);

  /** First page under the pointer; the picture may be zoomed, so its own size on screen counts. */
  const pageAt = (event: MouseEvent<HTMLCanvasElement>): number | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * grid.width;
    const y = ((event.clientY - box.top) / box.height) * grid.height;
    const cell = detail === null ? cellAt(grid, x, y) : detailAt(grid, detail, x, y);
    return cell === null ? null : strip.start + Math.floor((cell * strip.pages) / cells);
  };
  const mark = chosen === null ? null : Math.floor(((chosen - strip.start) * grid.cells) / strip.pages);

  return (
    <div className="strip nodrag" style={{ width: grid.width, height: grid.height }}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${strip.label}: ${codes === null ? 'loading' : describeCodes(codes)}`}
        title={over === null ? undefined : `${strip.label}, page ${over}`}
        data-detail={detail !== null || undefined}
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
