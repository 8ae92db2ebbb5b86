import { describe, expect, it } from 'vitest';
import { causeDepths, causesOf } from './event-tree.ts';
import { nextChange } from './jump-to-change.ts';

const events = [null, 0, 1, 0, null].map((cause, index) => ({ index, cause }));

describe('events below their causes', () => {
  it('are indented by one for each cause', () => {
    expect(causeDepths(events)).toEqual([0, 1, 2, 1, 0]);
  });

  it('name their chain, nearest first', () => {
    expect(causesOf(events, 2)).toEqual([1, 0]);
    expect(causesOf(events, 4)).toEqual([]);
  });

  it('end a chain that goes round', () => {
    expect(
      causesOf(
        [
          { index: 0, cause: 1 },
          { index: 1, cause: 0 },
        ],
        0,
      ),
    ).toEqual([1, 0]);
  });
});

describe('the next changed page', () => {
  const spans = [
    { start: 10, end: 12 },
    { start: 40, end: 41 },
  ];
  it('is the beginning of the next stretch, and goes round', () => {
    expect(nextChange(spans, 10, 1)).toBe(40);
    expect(nextChange(spans, 40, 1)).toBe(10);
    expect(nextChange(spans, 10, -1)).toBe(40);
    expect(nextChange(spans, 41, -1)).toBe(40);
    expect(nextChange([], 0, 1)).toBeNull();
  });
});
