/**
 * The three containers of the 2022 debate about accelerator minors, as exact as their observable behaviour.
 *
 *      reserve   lookup 0   publish P at 0   store NULL at 0   next number
 *      IDR       NULL       replace          still taken       1
 *      plain     –          store            free              –
 *      allocating NULL      store            still taken       1
 *
 * Models lib/idr.c and lib/xarray.c (xa_alloc, xa_store, xa_insert, xa_cmpxchg, xa_release, xa_erase).
 */

import type { Container, ContainerKind, Slot } from '../../model/minors.ts';

export type { Container, ContainerKind, Slot };

/** What a primitive answered, and the container after it. `old` is what the primitive reports as the former entry. */
export interface Answer {
  readonly errno: string | null;
  readonly id: number | null;
  readonly old: string | null;
  readonly next: Container;
}

export const emptyContainer = (kind: ContainerKind, last: number): Container => ({ kind, last, slots: {} });

const at = (c: Container, id: number): Slot | undefined => c.slots[String(id)];
const visible = (slot: Slot | undefined): string | null =>
  slot === undefined || slot === 'reserved' ? null : slot.pointer;
const entry = (pointer: string | null): Slot => (pointer === null ? 'reserved' : { pointer });

function put(c: Container, id: number, slot: Slot | null): Container {
  const { [String(id)]: _dropped, ...rest } = c.slots;
  return { ...c, slots: slot === null ? rest : { ...rest, [String(id)]: slot } };
}

const answer = (next: Container, id: number, old: string | null): Answer => ({ errno: null, id, old, next });
const refuse = (c: Container, errno: string, id: number | null = null, old: string | null = null): Answer => ({
  errno,
  id,
  old,
  next: c,
});

/** Numbers that an allocation may choose from; both ends belong to it (XA_LIMIT). */
export interface Limit {
  readonly first: number;
  readonly last: number;
}

/** The lowest free number (idr_alloc, xa_alloc); NULL may be stored and reserves it. A plain XArray cannot allocate. */
export function alloc(c: Container, pointer: string | null, limit: Limit = { first: 0, last: c.last }): Answer {
  if (c.kind === 'xarray') return refuse(c, 'EINVAL');
  for (let id = limit.first; id <= limit.last; id++) {
    if (at(c, id) === undefined) return answer(put(c, id, entry(pointer)), id, null);
  }
  return refuse(c, c.kind === 'idr' ? 'ENOSPC' : 'EBUSY');
}

/** What a reader sees: a reserved slot reads as NULL. */
export const lookup = (c: Container, id: number): string | null => visible(at(c, id));

/** Plain store (xa_store), or idr_replace, which refuses a number that was never allocated. */
export function store(c: Container, id: number, pointer: string | null): Answer {
  const old = at(c, id);
  if (c.kind === 'idr' && old === undefined) return refuse(c, 'ENOENT', id);
  const slot = pointer === null && c.kind === 'xarray' ? null : entry(pointer);
  return answer(put(c, id, slot), id, visible(old));
}

/** xa_insert: only into a free slot; a reserved one is not free. Inserting NULL reserves. */
export function insert(c: Container, id: number, pointer: string | null): Answer {
  if (c.kind === 'idr') return refuse(c, 'EOPNOTSUPP', id);
  if (at(c, id) !== undefined) return refuse(c, 'EBUSY', id);
  return answer(put(c, id, entry(pointer)), id, null);
}

/**
 * xa_cmpxchg: stores only if the slot holds `expected`. A reserved slot holds the hidden zero entry, which is not
 * NULL: expecting NULL stores nothing, and yet reports NULL.
 */
export function compareExchange(c: Container, id: number, expected: string | null, pointer: string | null): Answer {
  if (c.kind === 'idr') return refuse(c, 'EOPNOTSUPP', id);
  const old = at(c, id);
  const matches =
    expected === null ? old === undefined : old !== undefined && old !== 'reserved' && old.pointer === expected;
  if (!matches) return answer(c, id, visible(old));
  return answer(put(c, id, pointer === null ? null : { pointer }), id, visible(old));
}

/** xa_release: frees the number only if it is still merely reserved. */
export function release(c: Container, id: number): Answer {
  return answer(at(c, id) === 'reserved' && c.kind !== 'idr' ? put(c, id, null) : c, id, null);
}

/** idr_remove, xa_erase: the number is free afterwards. */
export const erase = (c: Container, id: number): Answer => answer(put(c, id, null), id, lookup(c, id));
