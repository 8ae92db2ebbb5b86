/** The picture of what is open, as SVG: asked of a session as any window asks it. */
import type { Cursor } from '../contract/frame.ts';
import { draw, type Wanted } from '../draw/draw.ts';
import type { ThemeName } from '../draw/state-style.ts';
import { svgOf } from '../draw/svg.ts';
import type { Session } from './session.ts';

export function pictureSvg(session: Session, cursor: Cursor, theme: ThemeName, wanted: Partial<Wanted> = {}): string {
  const head = session.current();
  const graph = session.graph(cursor);
  const frame = session.frame({ cursor, from: null });
  const keep = new Set(graph.nodes.filter((node) => node.strips.length > 0).map((node) => node.id));
  const drawn = draw(graph, { keep, ...wanted });
  const step = head?.steps[cursor.step];
  return svgOf(graph, drawn, {
    theme,
    title: head?.title ?? 'Machine',
    subtitle: step === undefined ? (head?.machine ?? '') : `Step ${step.index}: ${step.title} · ${head?.machine ?? ''}`,
    cells: (strip, cells) => session.strip({ cursor, strip: strip.id, start: strip.start, pages: strip.pages, cells }),
    relations: frame.relations,
  });
}
