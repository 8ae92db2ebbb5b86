import { parseBytes } from '../../app/base/size.ts';
import type { ConstraintName, DeviceWish } from '../../app/contract/fabric-queries.ts';
import type { WishText } from '../stores/queries.ts';

/** The longest that numbers may be: what a session takes. */
const most = 2 ** 50;

/** A whole number from 1 on; null where nothing is typed; undefined where it is no such number. */
export function readCount(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const value = /^\s*\d{1,16}\s*$/.test(text) ? Number(text) : NaN;
  return value >= 1 && value <= most ? value : undefined;
}

/** A size in bytes, as "64 KiB"; null where nothing is typed; undefined where it is none. */
export function readSize(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const value = parseBytes(text);
  return value !== null && value >= 1 && value <= most ? value : undefined;
}

/** What is asked for; fields that cannot be read are left out. */
export const wishOf = (text: WishText): DeviceWish => ({
  kind: text.kind,
  engine: text.engine,
  pasids: readCount(text.pasids) ?? null,
  peer: text.peer === '' ? null : text.peer,
  memoryBytes: readSize(text.memory) ?? null,
  withinNs: readCount(text.within) ?? null,
  atomics: text.atomics,
  ats: text.ats,
  pri: text.pri,
  isolated: text.isolated,
  sameHostBridge: text.sameHostBridge === '' ? null : text.sameHostBridge,
});

/** A wish as a form shows it. */
export const textOf = (wish: DeviceWish, printBytes: (bytes: number) => string): WishText => ({
  kind: wish.kind,
  engine: wish.engine,
  pasids: wish.pasids === null ? '' : String(wish.pasids),
  peer: wish.peer ?? '',
  memory: wish.memoryBytes === null ? '' : printBytes(wish.memoryBytes),
  within: wish.withinNs === null ? '' : String(wish.withinNs),
  atomics: wish.atomics,
  ats: wish.ats,
  pri: wish.pri,
  isolated: wish.isolated,
  sameHostBridge: wish.sameHostBridge ?? '',
});

/** What a form loses when one of its constraints is dropped. */
export const withoutConstraint: Readonly<Record<ConstraintName, Partial<WishText>>> = {
  kind: { kind: null },
  engine: { engine: null },
  pasids: { pasids: '' },
  peer: { peer: '' },
  memory: { memory: '' },
  latency: { within: '' },
  atomics: { atomics: [] },
  ats: { ats: false },
  pri: { pri: false },
  isolated: { isolated: false },
  sameHostBridge: { sameHostBridge: '' },
};
