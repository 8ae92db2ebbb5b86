import { expect, it } from 'vitest';
import { nearest } from './walk.ts';

const box = (x: number, y: number) => ({ x, y, width: 10, height: 10 });
const places = new Map([
  ['a', box(0, 0)],
  ['b', box(100, 5)],
  ['c', box(60, 200)],
  ['d', box(0, 80)],
]);

it.each([
  ['a', 'right', 'b'],
  ['a', 'down', 'd'],
  ['b', 'left', 'a'],
  ['a', 'up', null],
  [null, 'right', 'a'],
] as const)('from %s %s leads to %s', (from, way, to) => {
  expect(nearest(places, from, way)).toBe(to);
});
