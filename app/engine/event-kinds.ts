/**
 * The vocabulary of events: one table that engine, recordings, legend, docs and glossary share.
 * `fn` is the kernel function that an event of this kind stands for, unless the event names another.
 */
export interface EventKindRow {
  readonly title: string;
  readonly fn: string | null;
  readonly meaning: string;
}

export const eventKinds = {
  refused: { title: 'refused', fn: null, meaning: 'The modelled machine said no, with an errno.' },
} as const satisfies Readonly<Record<string, EventKindRow>>;

export type EventKind = keyof typeof eventKinds;
