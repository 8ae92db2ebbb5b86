import { useEffect, useRef } from 'react';
import { useReactFlow, type Node } from '@xyflow/react';
import { useSelection } from '../stores/selection.ts';
import type { CardData } from './cards.tsx';

/** Space that is kept around what is revealed, in pixels of the screen. */
const margin = 24;

/** Moves the picture, its zoom kept, until the selected part or what stands for it is in view; where it is already, nothing moves. */
export function useReveal(nodes: readonly Node[], frame: React.RefObject<HTMLElement | null>): void {
  const flow = useReactFlow();
  const wanted = useSelection((state) => state.standIn ?? (state.selected?.kind === 'node' ? state.selected.id : null));
  const latest = useRef(nodes);
  latest.current = nodes;
  useEffect(() => {
    const element = frame.current;
    if (wanted === null || element === null) return;
    const node = latest.current.find(({ data }) => {
      const { drawn, behind } = data as CardData;
      return drawn.stands.includes(wanted) || behind?.has(wanted) === true;
    });
    if (node === undefined) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [node.position.x * zoom + x, node.position.y * zoom + y];
    const [width, height] = [(node.width ?? 0) * zoom, (node.height ?? 0) * zoom];
    const inside = (begin: number, size: number, room: number): boolean =>
      begin >= 0 && (size > room ? begin < room / 2 : begin + size <= room);
    if (inside(left, width, element.clientWidth) && inside(top, height, element.clientHeight)) return;
    const into = (begin: number, size: number, room: number): number =>
      begin < margin || size > room - 2 * margin
        ? margin - begin
        : begin + size > room - margin
          ? room - margin - begin - size
          : 0;
    void flow.setViewport({
      x: x + into(left, width, element.clientWidth),
      y: y + into(top, height, element.clientHeight),
      zoom,
    });
  }, [wanted, nodes.length === 0, flow, frame]);
}
