import { describe, expect, it } from 'vitest';
import { compareNatural } from './order.ts';

describe('the natural order of texts', () => {
  it('counts numbers by their value, and puts what is a beginning first', () => {
    const names = ['node 10', 'node 2', 'node', 'L3', 'L1', 'gpu0.vram', 'gpu0'];
    expect(names.toSorted(compareNatural)).toEqual(['L1', 'L3', 'gpu0', 'gpu0.vram', 'node', 'node 2', 'node 10']);
  });

  it('tells numbers of one value by how they are written', () => {
    expect(compareNatural('a01', 'a1')).toBeLessThan(0);
    expect(compareNatural('a1', 'a1')).toBe(0);
  });
});
