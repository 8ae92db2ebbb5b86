import type { Difference, MarkedNode } from '../../app/contract/machine-views.ts';

/** How a card of the picture differs from the other machine: in signs and words, never by its colour alone. */
export interface CardDifference {
  readonly difference: Difference;
  /** "+ added", "− removed: nic1", "~ changed"; of a card that stands for several parts: "+2 −1 ~3". */
  readonly text: string;
}

const named = 2;

const removedText = (gone: readonly string[]): string =>
  gone.length === 0
    ? '− removed'
    : `− removed: ${gone.slice(0, named).join(', ')}${gone.length > named ? ` and ${gone.length - named} more` : ''}`;

/**
 * What a card says, from the marks of the part that it is (`own`), of parts that are drawn in it (`inside`: its memory and
 * BARs), and of those that it stands for because they are folded away (`behind`). Null: nothing of it differs.
 */
export function cardDifference(
  marks: ReadonlyMap<string, MarkedNode>,
  own: string,
  inside: readonly string[],
  behind: Iterable<string>,
): CardDifference | null {
  if (marks.size === 0) return null;
  const found = (ids: Iterable<string>): readonly MarkedNode[] => [...ids].flatMap((id) => marks.get(id) ?? []);
  const mark = marks.get(own);
  const parts = found(inside);
  const folded = found([...behind].filter((id) => id !== own && !inside.includes(id)));
  if (folded.length > 0) {
    const all = [...folded, ...(mark === undefined ? [] : [mark])];
    const gone = all.flatMap((one) => one.gone ?? []).length;
    const of = (difference: Difference): number => all.filter((one) => one.difference === difference).length;
    const counts = [`+${of('added')}`, `−${gone}`, `~${of('changed')}`].filter(
      (count) => !count.endsWith('0') || count.length > 2,
    );
    return { difference: 'changed', text: counts.join(' ') };
  }
  if (mark === undefined && parts.length === 0) return null;
  if (mark?.difference === 'added') return { difference: 'added', text: '+ added' };
  const gone = [...(mark?.gone ?? []), ...parts.flatMap((part) => part.gone ?? [])];
  const changed = mark?.difference === 'changed' || parts.some((part) => part.difference !== 'removed');
  const texts = [...(gone.length > 0 || !changed ? [removedText(gone)] : []), ...(changed ? ['~ changed'] : [])];
  return { difference: changed ? 'changed' : 'removed', text: texts.join(' · ') };
}
