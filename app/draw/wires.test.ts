import { describe, expect, it } from 'vitest';
import { elbowBetween, freeSpot, joinWires, leaderOf, roundedPath } from './wires.ts';

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

  it('is sought in a wider circle where the whole way is taken', () => {
    const wall = { x: -10, y: -120, width: 220, height: 240 };
    const { x, y } = freeSpot(way, size, [wall]);
    expect(x + 30 <= -10 || x - 30 >= 210 || y - 10 >= 120 || y + 10 <= -120).toBe(true);
  });

  it('is tied to the way by a line where it does not lie upon it', () => {
    const label = { x: 70, y: -60, width: 60, height: 20 };
    expect(leaderOf(way, label)).toEqual([
      { x: expect.closeTo(70, -1), y: -40 },
      { x: expect.closeTo(70, -1), y: 0 },
    ]);
    expect(leaderOf(way, { ...label, y: -10 })).toBeNull();
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
      { x: 10, y: 50 },
    ]);
  });

  it('turns at right angles inside the part at whose sides two wires end', () => {
    // Memory below a CPU, and a bridge at its right.
    const wires = new Map([
      [
        'memory',
        [
          { x: 50, y: 40 },
          { x: 50, y: 60 },
        ],
      ],
      [
        'bridge',
        [
          { x: 100, y: 16 },
          { x: 130, y: 16 },
        ],
      ],
    ]);
    const memory = { x: 0, y: 60, width: 100, height: 30 };
    expect(joinWires(['memory', 'bridge'], wires, memory)).toEqual([
      { x: 50, y: 60 },
      { x: 50, y: 40 },
      { x: 50, y: 16 },
      { x: 100, y: 16 },
      { x: 130, y: 16 },
    ]);
  });

  const bus = new Map([
    [
      'a',
      [
        { x: 0, y: 0 },
        { x: 0, y: 40 },
        { x: 20, y: 40 },
      ],
    ],
    [
      'b',
      [
        { x: 0, y: 0 },
        { x: 0, y: 90 },
        { x: 20, y: 90 },
      ],
    ],
    [
      'up',
      [
        { x: -30, y: 0 },
        { x: 0, y: 0 },
      ],
    ],
  ]);
  const a = { x: 20, y: 30, width: 50, height: 20 };

  it('between two on one bus does not go to the end of the bus', () => {
    const [x, y] = [bus.get('a')!, bus.get('b')!];
    expect(joinWires(['a', 'b'], bus, a)).toEqual([x[2], x[1], y[1], y[2]]);
  });

  it('goes up to where it is sent, and down again by the same wire', () => {
    expect(joinWires(['a', 'up', 'up', 'b'], bus, a)).toContainEqual({ x: -30, y: 0 });
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

describe('a mapping from a process to a device below it', () => {
  const process = { x: 0, y: 0, width: 200, height: 50 };

  it('comes down in the middle of the device, at right angles', () => {
    expect(elbowBetween(process, { x: 300, y: 120, width: 100, height: 40 })).toEqual([
      { x: 176, y: 50 },
      { x: 176, y: 64 },
      { x: 350, y: 64 },
      { x: 350, y: 120 },
    ]);
  });

  it('is straight where the device stands right below, and none where it does not stand below', () => {
    expect(elbowBetween(process, { x: 60, y: 120, width: 100, height: 40 })).toHaveLength(2);
    expect(elbowBetween(process, { x: 300, y: 20, width: 100, height: 40 })).toBeNull();
  });
});
