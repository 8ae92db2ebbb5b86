import { describe, expect, it } from 'vitest';
import { sameJson } from './same-json.ts';

describe('two pieces of plain data', () => {
  it('say the same whatever the order of their keys', () => {
    expect(sameJson({ a: 1, b: [{ c: null }, 'x'] }, { b: [{ c: null }, 'x'], a: 1 })).toBe(true);
  });

  it.each([
    [{ a: 1 }, { a: 1, b: null }],
    [{ a: 1, b: null }, { a: 1 }],
    [{ a: undefined }, { b: undefined }],
    [[1, 2], [1]],
    [[1], { 0: 1 }],
    [[], {}],
    [null, {}],
    ['1', 1],
  ])('differ: %j and %j', (a, b) => {
    expect(sameJson(a, b)).toBe(false);
    expect(sameJson(b, a)).toBe(false);
  });
});
