/**
 * Tables of minor numbers as the kernel keeps them: every call that a driver core makes is an event of its own.
 *
 *      ....   alloc NULL   -...      the number is taken, and a look-up finds NULL
 *      -...   store P      P...      published
 *      P...   store NULL   -...      taken still (IDR, allocating XArray); free (plain XArray)
 *
 * Models the callers of lib/idr.c and lib/xarray.c; what each call does to a table is in ../fabric/minors.ts.
 */
import type { Container, ContainerKind } from '../../model/minors.ts';
import {
  alloc,
  compareExchange,
  emptyContainer,
  erase,
  insert,
  lookup,
  release,
  store,
  type Answer,
  type Limit,
} from '../fabric/minors.ts';
import type { OpResult } from '../event.ts';
import { ok, type Tx } from '../tx.ts';

export type MinorCall = 'alloc' | 'store' | 'insert' | 'compareExchange' | 'lookup' | 'release' | 'erase';

/** The kernel function that a call is, by container; null: that container has none. */
const functions: { readonly [C in MinorCall]: { readonly [K in ContainerKind]: string | null } } = {
  alloc: { idr: 'idr_alloc', xarray: 'xa_alloc', xarrayAlloc: 'xa_alloc' },
  store: { idr: 'idr_replace', xarray: 'xa_store', xarrayAlloc: 'xa_store' },
  insert: { idr: null, xarray: 'xa_insert', xarrayAlloc: 'xa_insert' },
  compareExchange: { idr: null, xarray: 'xa_cmpxchg', xarrayAlloc: 'xa_cmpxchg' },
  lookup: { idr: 'idr_find', xarray: 'xa_load', xarrayAlloc: 'xa_load' },
  release: { idr: null, xarray: 'xa_release', xarrayAlloc: 'xa_release' },
  erase: { idr: 'idr_remove', xarray: 'xa_erase', xarrayAlloc: 'xa_erase' },
};

const refusals: Readonly<Record<string, string>> = {
  ENOSPC: 'every number of the table is taken',
  EBUSY: 'the number is taken, or all of them are',
  EINVAL: 'the array was not declared allocating (XA_FLAGS_ALLOC)',
  ENOENT: 'the number was never allocated',
  EOPNOTSUPP: 'an IDR has no such call',
};

/** A call on a table, and what it answered: the number, and the entry that it reports. */
export type MinorAnswer = { readonly refusal: OpResult } | { readonly id: number; readonly old: string | null };

export interface MinorRequest {
  readonly table: string;
  /** The number; an allocation chooses its own. */
  readonly id?: number;
  /** The pointer to store, by the name of what it points to; null is NULL. */
  readonly pointer?: string | null;
  readonly expected?: string | null;
  readonly limit?: Limit;
  readonly cause?: number | null;
}

function perform(call: Exclude<MinorCall, 'lookup'>, c: Container, request: MinorRequest): Answer {
  const { id = 0, pointer = null, expected = null, limit } = request;
  if (call === 'alloc') return alloc(c, pointer, limit);
  if (call === 'store') return store(c, id, pointer);
  if (call === 'insert') return insert(c, id, pointer);
  if (call === 'compareExchange') return compareExchange(c, id, expected, pointer);
  return call === 'release' ? release(c, id) : erase(c, id);
}

const kinds = {
  alloc: 'minorAllocated',
  store: 'minorStored',
  insert: 'minorStored',
  compareExchange: 'minorStored',
  release: 'minorFreed',
  erase: 'minorFreed',
} as const;

/** Whether number `id` is free, as the allocator sees it. */
const isFree = (c: Container, id: number): boolean => c.slots[String(id)] === undefined;

/** Makes one call on a table. */
export function callMinor(tx: Tx, call: MinorCall, request: MinorRequest): MinorAnswer {
  const { table, pointer = null, cause = null } = request;
  const container = tx.get('minorTable', table);
  const rule = `minor.${call}`;
  if (container === null)
    return { refusal: tx.refuse('EINVAL', rule, { cause, why: `there is no table of numbers ${table}` }) };
  const fn = functions[call][container.kind];
  const named = fn === null ? {} : { fn };
  if (call === 'lookup') {
    const id = request.id ?? 0;
    const old = lookup(container, id);
    tx.emit({ kind: 'minorRead', cause, rule, ...named, args: { table, id, pointer: old } });
    return { id, old };
  }
  const said = perform(call, container, request);
  if (said.errno !== null)
    return {
      refusal: tx.refuse(said.errno, rule, { cause, ...named, why: refusals[said.errno] ?? 'the table says no' }),
    };
  const id = said.id ?? request.id ?? 0;
  const tells =
    call === 'alloc'
      ? { pointer }
      : call === 'release' || call === 'erase'
        ? { free: isFree(said.next, id) }
        : { pointer, old: said.old, stored: said.next !== container };
  tx.emit({ kind: kinds[call], cause, rule, ...named, args: { table, id, ...tells } }, (w) =>
    w.put('minorTable', table, said.next),
  );
  return { id, old: said.old };
}

/** A new, empty table. EEXIST where there is one of that name. */
export function makeMinorTable(
  tx: Tx,
  table: string,
  kind: ContainerKind,
  last: number,
  cause: number | null = null,
): OpResult {
  if (tx.get('minorTable', table) !== null)
    return tx.refuse('EEXIST', 'minor.table', { cause, why: `there is a table of numbers ${table} already` });
  const fn = kind === 'idr' ? 'idr_init' : kind === 'xarray' ? 'xa_init' : 'DEFINE_XARRAY_ALLOC';
  tx.emit({ kind: 'minorTableMade', cause, rule: 'minor.table', fn, args: { table, container: kind, last } }, (w) =>
    w.put('minorTable', table, emptyContainer(kind, last)),
  );
  return ok;
}
