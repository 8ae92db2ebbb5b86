import { create } from 'zustand';
import type { Problem } from '../../app/base/result.ts';
import type { TimelineView } from '../../app/contract/frame.ts';
import type { Catalog, DocumentHead } from '../../app/contract/requests.ts';

/** An input that was refused: what it was called, its text where we have it (to show the line), and what is wrong with it. */
export interface Rejection {
  readonly name: string;
  readonly text: string | null;
  readonly problems: readonly Problem[];
}

interface DocumentState {
  readonly catalog: Catalog | null;
  /** What is open, or null: the start screen. */
  readonly head: DocumentHead | null;
  /** Counts the documents that were opened: a file may be opened again with another content. */
  readonly opened: number;
  readonly timeline: TimelineView | null;
  /** Name of what is being opened now. */
  readonly opening: string | null;
  /** The last input that was refused; what was open before stays open. */
  readonly rejection: Rejection | null;
  /** Why the session cannot be reached, or null. */
  readonly lost: string | null;
}

/** The open document and what there is to open. */
export const useDocument = create<DocumentState>(() => ({
  catalog: null,
  head: null,
  opened: 0,
  timeline: null,
  opening: null,
  rejection: null,
  lost: null,
}));
