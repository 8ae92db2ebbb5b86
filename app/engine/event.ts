import type { JsonObject } from '../base/json.ts';
import type { EventKind } from './event-kinds.ts';
import type { PageTableName, RecordTables, Run } from '../model/world.ts';

/**
 * One piece of a world before and after. Both sides are plain data, so that inverting an event is a swap and
 * replaying needs no rule. A record that does not exist is null.
 */
export type Change =
  | {
      readonly [T in keyof RecordTables]: {
        readonly table: T;
        readonly key: string;
        readonly before: RecordTables[T] | null;
        readonly after: RecordTables[T] | null;
      };
    }[keyof RecordTables]
  | {
      /** Runs of one page-indexed map; both sides cover the same half-open span of indices. */
      readonly pages: PageTableName;
      readonly key: string;
      readonly start: number;
      readonly end: number;
      readonly before: readonly Run[];
      readonly after: readonly Run[];
    };

/** Where an event happened, for drawing and for questions: a stretch of an address space, of a device's table, or of a pool. */
export interface Place {
  readonly space?: string;
  readonly context?: string;
  readonly device?: string;
  /** First page (virtual page number in a space or context, frame number in a pool). */
  readonly start?: number;
  readonly pages?: number;
}

/** A fact: what happened, who did it, because of what, and the world before and after. Plain JSON. */
export interface Event {
  readonly kind: EventKind;
  /** Who: a process ("A"), a driver ("driver:gpu0"), a device ("gpu0"), or "kernel". */
  readonly by: string;
  /** Index in the same transaction of the event that caused this one; null where the operation itself did. */
  readonly cause: number | null;
  /**
   * Events of one group repeat in order for each page of their place in turn, as one fault after the other does;
   * null: once. The changes are those of all pages together.
   */
  readonly group: number | null;
  /** The kernel function (or document) that this event stands for. */
  readonly fn: string | null;
  /** Dotted id of the rule that emitted it, matched by prefix: "fault.cpu.devicePrivate". */
  readonly rule: string;
  readonly at: Place;
  /** What this kind of event tells besides; keys are listed with the kind in event-kinds.ts. */
  readonly args: JsonObject;
  readonly changes: readonly Change[];
}

/** How an operation ended. Refused by the modelled machine is an errno or a signal, never an exception. */
export type OpResult =
  | { readonly ok: true }
  | { readonly errno: string }
  | { readonly signal: 'SIGSEGV' | 'SIGBUS' }
  | { readonly blocked: string };
