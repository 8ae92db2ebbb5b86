import { describe, expect, it } from 'vitest';
import { arrange, routeAcross } from './arrange.ts';

const block = (id: string, width: number, height: number, leads = false) => ({ id, width, height, leads });

describe('the arrangement of blocks', () => {
  it('puts what hangs on a package in a column beside it', () => {
    const at = arrange(
      [block('p0', 280, 200, true), block('bridge', 500, 150), block('p1', 280, 200, true)],
      [
        ['p0', 'bridge'],
        ['p0', 'p1'],
      ],
    );
    expect(at.get('bridge')).toEqual({ x: 356, y: 0 });
    expect(at.get('p1')).toEqual({ x: 0, y: 224 });
  });

  it('spreads many packages over columns, none upon another', () => {
    const blocks = Array.from({ length: 64 }, (_, i) => block(`p${i}`, 280, 200, true));
    const at = arrange(blocks, []);
    const spots = blocks.map((b) => at.get(b.id));
    expect(new Set(spots.map((p) => p?.x)).size).toBeGreaterThan(4);
    expect(new Set(spots.map((p) => `${p?.x},${p?.y}`)).size).toBe(64);
  });

  it('leads a wire from one side to the other with right angles', () => {
    const wire = routeAcross({ x: 0, y: 0, width: 100, height: 40 }, { x: 200, y: 100, width: 50, height: 20 }, 2);
    expect(wire).toEqual([
      { x: 100, y: 20 },
      { x: 162, y: 20 },
      { x: 162, y: 110 },
      { x: 200, y: 110 },
    ]);
  });
});
