import { useMemo } from 'react';
import type { GraphEdge, GraphNode } from '../../app/contract/frame.ts';
import { draw, type Drawn } from '../../app/draw/draw.ts';
import type { Wishes } from '../../app/draw/fold.ts';
import type { Size } from '../../app/draw/picture.ts';

/** The picture that fits the room; another one only where the machine, the wishes or the room are others. */
export function useDrawing(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  wishes: Wishes,
  room: Size | null,
  leastText: number,
): Drawn | null {
  const key = JSON.stringify([
    nodes
      .filter((node) => node.kind !== 'process')
      .map((node) => [node.id, node.parent, node.title, node.subtitle, node.strips.map((strip) => strip.pages)]),
    edges.map((edge) => [edge.id, edge.label]),
  ]);
  return useMemo(() => {
    if (room === null || nodes.length === 0) return null;
    const keep = new Set(nodes.filter((node) => node.strips.length > 0).map((node) => node.id));
    return draw({ nodes, edges }, { room, leastText, wishes, keep });
  }, [key, wishes, room, leastText]);
}
