import { useEffect, useMemo, useRef, useState } from 'react';
import type { GraphEdge, GraphNode } from '../../app/contract/frame.ts';
import { draw, type Drawn, type Wanted } from '../../app/draw/draw.ts';
import type { Wishes } from '../../app/draw/fold.ts';
import type { Picture, Size } from '../../app/draw/picture.ts';
import type { DrawAnswer, DrawWish } from './draw-worker.ts';

/** Up to this many parts a picture is made within one frame of the screen; above, a worker makes it. */
const atOnce = 160;
/** Longest that a picture may take before the last good one stays, in milliseconds. */
const patience = 15_000;

export interface Drawing {
  readonly drawn: Drawn | null;
  /** What the picture was made of. */
  readonly picture: Picture | null;
  /** The parts that were asked not to be folded away when it was made, as one word. */
  readonly shown: string;
  /** Why there is no newer picture. */
  readonly failed: string | null;
}

const none: Drawing = { drawn: null, picture: null, shown: '', failed: null };

/** The picture that fits the room, with the parts of `kept` not folded away; while a new one is being made, or where it cannot be, the last good one stays. */
export function useDrawing(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  wishes: Wishes,
  kept: readonly string[],
  room: Size | null,
  above: number,
  leastText: number,
): Drawing {
  const shape = JSON.stringify([
    nodes
      .filter((node) => node.kind !== 'process')
      .map((node) => [node.id, node.parent, node.title, node.subtitle, node.strips.map((strip) => strip.pages)]),
    edges.map((edge) => [edge.id, edge.label]),
  ]);
  const picture = useMemo<Picture>(() => ({ nodes, edges }), [shape]);
  const shown = kept.join(' ');
  const wanted = useMemo<Partial<Wanted> | null>(() => {
    if (room === null) return null;
    const keep = new Set(picture.nodes.filter((node) => node.strips.length > 0).map((node) => node.id));
    for (const id of kept) keep.add(id);
    return { room, above, leastText, wishes, keep };
  }, [picture, room, above, leastText, wishes, shown]);
  const small = picture.nodes.length <= atOnce;
  const now = useMemo<Drawing>(
    () =>
      !small || wanted === null || picture.nodes.length === 0
        ? none
        : { drawn: draw(picture, wanted), picture, shown, failed: null },
    [small, picture, wanted],
  );
  const later = useWorker(small ? null : picture, wanted, shown);
  return small ? now : later;
}

function useWorker(picture: Picture | null, wanted: Partial<Wanted> | null, shown: string): Drawing {
  const [state, setState] = useState<Drawing>(none);
  const worker = useRef<Worker | null>(null);
  const turn = useRef(0);
  useEffect(
    () => () => {
      worker.current?.terminate();
      worker.current = null;
    },
    [],
  );
  useEffect(() => {
    if (picture === null || wanted === null) return;
    const key = String(++turn.current);
    const fail = (reason: string): void => setState((old) => ({ ...old, failed: reason }));
    worker.current ??= new Worker(new URL('./draw-worker.ts', import.meta.url), { type: 'module' });
    const own = worker.current;
    const late = setTimeout(() => {
      // Whatever it is doing is not wanted any more.
      own.terminate();
      worker.current = null;
      fail('it takes too long');
    }, patience);
    own.onmessage = ({ data }: MessageEvent<DrawAnswer>): void => {
      if (data.key !== key) return;
      clearTimeout(late);
      if ('fault' in data) fail(data.fault);
      else setState({ drawn: data.drawn, picture, shown, failed: null });
    };
    own.onerror = () => {
      clearTimeout(late);
      fail('the worker cannot be started');
    };
    const wish: DrawWish = { key, picture, wanted };
    own.postMessage(wish);
    return () => clearTimeout(late);
  }, [picture, wanted]);
  return state;
}
