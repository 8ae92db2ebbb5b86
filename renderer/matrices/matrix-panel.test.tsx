// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { open } from '../session/open.ts';
import { select, useSelection } from '../stores/selection.ts';
import { doing, freshSession, press, render, texts } from '../testing/render.tsx';
import { MatrixPanel } from './matrix-panel.tsx';

describe('matrices', () => {
  let host: HTMLElement;
  let grid: HTMLElement;
  beforeEach(async () => {
    freshSession();
    await open({ kind: 'builtin', id: 'sc-18' });
    host = await render(<MatrixPanel />);
    grid = host.querySelector('[role=grid]')!;
  });

  it('show values in their cells, and what is not told as unknown', () => {
    expect(texts(host, '[role=gridcell]')).toEqual(['10', '21', '?', '10']);
    expect(host.querySelectorAll('[data-heat=unknown][role=gridcell]')).toHaveLength(1);
    expect(texts(host, '.heat-legend')[0]).toContain('not told (1)');
  });

  it('say each cell in words when the keyboard goes there', async () => {
    await press('ArrowRight', grid);
    await press('ArrowRight', grid);
    expect(texts(host, '.matrix-said')[0]).toBe('node 0 → node 1: 21');
    expect(grid.getAttribute('aria-activedescendant')).toBe('cell-0-1');
    await press('ArrowDown', grid);
    await press('ArrowLeft', grid);
    expect(texts(host, '.matrix-said')[0]).toBe('node 1 → node 0: not told');
    await press('Enter', grid);
    expect(useSelection.getState().selected).toEqual({ kind: 'node', id: 'hbm0' });
  });

  it('mark the row and the column of what is selected', async () => {
    await doing(() => select({ kind: 'node', id: 'hbm0' }));
    expect(texts(host, '[data-chosen]')).toEqual(['node 1', 'node 1']);
  });
});
