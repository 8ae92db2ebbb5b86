import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alloc,
  compareExchange,
  emptyContainer,
  erase,
  insert,
  lookup,
  release,
  store,
  type Container,
  type ContainerKind,
} from './minors.ts';

/** Slots as one line: "0:P 1:-" (- is reserved). */
const show = (c: Container): string =>
  Object.keys(c.slots)
    .map((id) => `${id}:${lookup(c, Number(id)) ?? '-'}`)
    .join(' ');

const of = (kind: ContainerKind, line: string): Container =>
  line
    .split(' ')
    .filter((word) => word !== '')
    .reduce(
      (c, word) => {
        const [id = '', what = ''] = word.split(':');
        return { ...c, slots: { ...c.slots, [id]: what === '-' ? ('reserved' as const) : { pointer: what } } };
      },
      emptyContainer(kind, 255),
    );

describe('minor containers', () => {
  it.each([
    ['idr', '', '0:-', null],
    ['xarray', '', '', 'EINVAL'],
    ['xarrayAlloc', '', '0:-', null],
    ['idr', '0:- 1:P', '0:- 1:P 2:-', null],
    ['xarrayAlloc', '0:- 2:P', '0:- 1:- 2:P', null],
  ] as const)('%s: reserving with NULL turns "%s" into "%s"', (kind, before, after, errno) => {
    const said = alloc(of(kind, before), null);
    expect([show(said.next), said.errno]).toEqual([after, errno]);
  });

  it.each([
    ['idr', '0:P', '0:-'],
    ['xarray', '0:P', ''],
    ['xarrayAlloc', '0:P', '0:-'],
  ] as const)('%s: storing NULL over "%s" leaves "%s", and reports the old pointer', (kind, before, after) => {
    const said = store(of(kind, before), 0, null);
    expect([show(said.next), said.old]).toEqual([after, 'P']);
  });

  it('publishes with a plain store on a reserved slot, reporting NULL as the old entry', () => {
    const said = store(of('xarrayAlloc', '0:-'), 0, 'P');
    expect([show(said.next), said.old, said.errno]).toEqual(['0:P', null, null]);
  });

  it('refuses to insert into a reserved slot', () => {
    expect(insert(of('xarrayAlloc', '0:-'), 0, 'P').errno).toBe('EBUSY');
  });

  it('does not store by compare-exchange on a reserved slot, and reports NULL as if it had', () => {
    const said = compareExchange(of('xarrayAlloc', '0:-'), 0, null, 'P');
    expect([show(said.next), said.old, said.errno]).toEqual(['0:-', null, null]);
  });

  it('empties the slot when compare-exchange writes NULL, even in an allocating array', () => {
    expect(show(compareExchange(of('xarrayAlloc', '0:P'), 0, 'P', null).next)).toBe('');
  });

  it('releases a number only while it is merely reserved', () => {
    expect(show(release(of('xarrayAlloc', '0:- 1:P'), 0).next)).toBe('1:P');
    expect(show(release(of('xarrayAlloc', '0:- 1:P'), 1).next)).toBe('0:- 1:P');
    expect(show(erase(of('xarrayAlloc', '0:- 1:P'), 1).next)).toBe('0:-');
  });

  it.each([
    ['idr', 'ENOSPC'],
    ['xarrayAlloc', 'EBUSY'],
  ] as const)('%s: a full table answers %s', (kind, errno) => {
    let c = emptyContainer(kind, 255);
    for (let n = 0; n < 256; n++) c = alloc(c, `device${n}`).next;
    expect(alloc(c, 'one more').errno).toBe(errno);
  });

  it('never hands out a number twice while it is taken', () => {
    const step = fc.record({
      verb: fc.constantFrom('alloc', 'reserve', 'publish', 'unpublish', 'release', 'erase'),
      id: fc.nat(6),
    });
    fc.assert(
      fc.property(
        fc.constantFrom<ContainerKind>('idr', 'xarrayAlloc'),
        fc.array(step, { maxLength: 40 }),
        (kind, steps) => {
          let c = emptyContainer(kind, 6);
          for (const { verb, id } of steps) {
            const taken = new Set(Object.keys(c.slots));
            const said =
              verb === 'alloc'
                ? alloc(c, 'P')
                : verb === 'reserve'
                  ? alloc(c, null)
                  : verb === 'publish'
                    ? store(c, id, 'Q')
                    : verb === 'unpublish'
                      ? store(c, id, null)
                      : verb === 'release'
                        ? release(c, id)
                        : erase(c, id);
            if (verb === 'alloc' || verb === 'reserve')
              expect(said.id === null || !taken.has(String(said.id))).toBe(true);
            c = said.next;
          }
        },
      ),
      { seed: 20181112 },
    );
  });
});
