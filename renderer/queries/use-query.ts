import { useEffect } from 'react';
import type { DrawnWay } from '../../app/contract/fabric-queries.ts';
import type { Cursor } from '../../app/contract/frame.ts';
import { useAnswer } from '../inspector/use-answer.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { useQueries, type QueryTab } from '../stores/queries.ts';

interface Answered<V> {
  readonly question: string;
  readonly cursor: Cursor;
  readonly view: V;
}

/** The answer to a question at the cursor on show; the old one stays until the new one is there. Null asks nothing. */
export function useQuery<V>(question: string | null, ask: (cursor: Cursor) => Promise<V>): Answered<V> | null {
  const opened = useDocument((state) => state.opened);
  const cursor = useFrame((state) => state.cursor);
  const painted = useFrame((state) => state.frame !== null);
  const key = question === null || !painted ? null : `${opened}|${cursor.step}|${cursor.event}|${question}`;
  return useAnswer(key, async () => ({ question: question ?? '', cursor, view: await ask(cursor) }));
}

/** A result that can be shown in the graph. */
export interface Offer {
  readonly key: string;
  readonly said: string;
  readonly drawn: DrawnWay;
}

/**
 * Keeps what the graph shows true: a result that is on show follows the answer from step to step, and goes when it is no
 * result any more. With `first`, the first result of a new question is shown by itself.
 */
export function useShown(
  tab: QueryTab,
  answer: Answered<unknown> | null,
  offers: readonly Offer[],
  first: boolean,
): void {
  useEffect(() => {
    if (answer === null) return;
    const { shown, answered } = useQueries.getState();
    const { question, cursor } = answer;
    const isNew = answered[tab] !== question;
    const own = shown?.tab === tab ? shown : null;
    const same = own === null ? undefined : offers.find(({ key }) => key === own.key);
    const next = same ?? (first && isNew ? offers[0] : undefined);
    useQueries.setState({
      ...(isNew ? { answered: { ...answered, [tab]: question } } : {}),
      ...(next !== undefined ? { shown: { tab, cursor, ...next } } : own !== null ? { shown: null } : {}),
    });
    // The offers belong to the answer.
  }, [answer]);
}

/** Shows a result in the graph; the one that is on show already goes away again. */
export function toggleShown(tab: QueryTab, offer: Offer, isShown: boolean): void {
  useQueries.setState({ shown: isShown ? null : { tab, cursor: useFrame.getState().cursor, ...offer } });
}

export const useShownKey = (tab: QueryTab): string | null =>
  useQueries(({ shown }) => (shown?.tab === tab ? shown.key : null));
