import type { Placed } from './picture.ts';

export type Way = 'left' | 'right' | 'up' | 'down';

const centre = (box: Placed): { readonly x: number; readonly y: number } => ({
  x: box.x + box.width / 2,
  y: box.y + box.height / 2,
});

/** The nearest node in a direction: what lies ahead counts more than what lies beside. From nowhere: the first node. */
export function nearest(places: ReadonlyMap<string, Placed>, from: string | null, way: Way): string | null {
  const here = from === null ? undefined : places.get(from);
  if (here === undefined) return places.keys().next().value ?? null;
  const at = centre(here);
  let best: { readonly id: string; readonly cost: number } | null = null;
  for (const [id, box] of places) {
    if (id === from) continue;
    const { x, y } = centre(box);
    const ahead = { left: at.x - x, right: x - at.x, up: at.y - y, down: y - at.y }[way];
    const beside = way === 'left' || way === 'right' ? Math.abs(y - at.y) : Math.abs(x - at.x);
    if (ahead <= 1) continue;
    const cost = ahead + 2 * beside;
    if (best === null || cost < best.cost) best = { id, cost };
  }
  return best?.id ?? null;
}
