import { describe, expect, it } from 'vitest';
import { freeSpot, joinWires, roundedPath } from './wires.ts';

describe('the place of a label', () => {
  const way = [
    { x: 0, y: 0 },
    { x: 200, y: 0 },
  ];
  const size = { width: 60, height: 20 };

  it('is the middle of the way where nothing is there', () => {
    expect(freeSpot(way, size, [])).toEqual({ x: 100, y: 0 });
  });

  it('leaves what it would cover', () => {
    const card = { x: 60, y: -30, width: 90, height: 40 };
    const { x, y } = freeSpot(way, size, [card]);
    expect(x + 30 <= 60 || x - 30 >= 150 || y - 10 >= 10 || y + 10 <= -30).toBe(true);
  });

  it('is on the way where everything around is taken', () => {
    expect(freeSpot(way, size, [{ x: -900, y: -900, width: 1800, height: 1800 }])).toEqual({ x: 100, y: 0 });
  });
});

describe('a way along wires', () => {
  it('turns each wire the way it is travelled', () => {
    const wires = new Map([
      [
        'a',
        [
          { x: 0, y: 0 },
          { x: 10, y: 0 },
        ],
      ],
      [
        'b',
        [
          { x: 10, y: 50 },
          { x: 10, y: 0 },
        ],
      ],
    ]);
    const from = { x: -10, y: -5, width: 10, height: 10 };
    expect(joinWires(['a', 'b'], wires, from)).toEqual([
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 50 },
    ]);
  });

  it('has round corners', () => {
    expect(
      roundedPath([
        { x: 0, y: 0 },
        { x: 20, y: 0 },
        { x: 20, y: 20 },
      ]),
    ).toBe('M0,0L14,0Q20,0 20,6L20,20');
  });
});
