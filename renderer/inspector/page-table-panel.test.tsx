// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { goTo } from '../session/navigate.ts';
import { open } from '../session/open.ts';
import { useSelection } from '../stores/selection.ts';
import { click, doing, freshSession, press, render, texts } from '../testing/render.tsx';
import type { FakeClient } from '../testing/fake-client.ts';
import { jumpToChange } from './jump-to-change.ts';
import { PageTablePanel } from './page-table-panel.tsx';

let client: FakeClient;

async function showStep(step: number): Promise<HTMLElement> {
  await open({ kind: 'builtin', id: 'sc-18' }, { step, event: null });
  return render(<PageTablePanel />);
}
const line = (host: ParentNode, page: number): Element => host.querySelector(`#page-${page}`)!;

describe('the page table', () => {
  beforeEach(() => {
    client = freshSession();
  });

  it('puts the entry of each device beside that of the CPU, with glyph and words', async () => {
    const host = await showStep(2);
    expect(texts(host, '[role=columnheader]')).toEqual(['page', 'CPU entry', 'frame', 'gpu0', 'nic0']);
    expect(texts(line(host, 3), '[role=gridcell]')).toEqual(['3changed', 'PRESENT rw', 'DRAM 0x1a1b3', 'sys rw', '—']);
    expect(line(host, 3).querySelectorAll('svg.glyph')).toHaveLength(2);
  });

  it('marks the rows that the step changed, and says how many', async () => {
    const host = await showStep(4);
    await doing(() => jumpToChange(1));
    expect(texts(host, '.changed-count')).toEqual(['1 changed']);
    expect(line(host, 84).hasAttribute('data-changed')).toBe(true);
    expect(line(host, 83).hasAttribute('data-changed')).toBe(false);
    expect(useSelection.getState().selected).toEqual({ kind: 'page', table: 'A:heap', page: 84 });
  });

  it('tells what an invariant caught, on the row and below the table', async () => {
    const host = await showStep(6);
    await doing(() => jumpToChange(1));
    expect(line(host, 113).hasAttribute('data-alert')).toBe(true);
    expect(texts(host, '.alert-text')[0]).toMatch(/^I3: gpu0 still reads the frame/);
  });

  it('asks why about the page, or about the device entry that is clicked', async () => {
    const host = await showStep(3);
    await click(line(host, 2));
    expect(useSelection.getState().selected).toEqual({ kind: 'page', table: 'A:heap', page: 2 });
    await click(line(host, 2).querySelectorAll('.device')[0]);
    expect(useSelection.getState().selected).toEqual({ kind: 'mapping', table: 'A:heap', column: 0, page: 2 });
    expect(client.asked.filter(({ name }) => name === 'why').at(-1)!.args[0]).toMatchObject({
      target: { kind: 'mapping', column: 0, page: 2 },
    });
  });

  it('goes from row to row by keyboard', async () => {
    const host = await showStep(3);
    const grid = host.querySelector('[role=grid]')!;
    await click(line(host, 2));
    await press('ArrowDown', grid);
    await press('ArrowDown', grid);
    await press('ArrowUp', grid);
    expect(useSelection.getState().selected).toMatchObject({ page: 3 });
    expect(grid.getAttribute('aria-activedescendant')).toBe('page-3');
  });

  it('draws a few rows of a table of a million and a half, and asks for no more', async () => {
    const host = await showStep(3);
    await doing(() => useSelection.setState({ table: 'A:file' }));
    expect(host.querySelector('[role=grid]')!.getAttribute('aria-rowcount')).toBe('1500001');
    expect(host.querySelectorAll('.page-line').length).toBeLessThan(80);
    const asked = client.asked.filter(({ name }) => name === 'pages').at(-1)!.args[0] as { count: number };
    expect(asked.count).toBeLessThanOrEqual(128);
  });

  it('jumps to the first change also where it was hidden when the key was pressed', async () => {
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 4, event: null });
    jumpToChange(1);
    const host = await render(<PageTablePanel />);
    expect(useSelection.getState().selected).toEqual({ kind: 'page', table: 'A:heap', page: 84 });
    expect(line(host, 84).getAttribute('aria-selected')).toBe('true');
  });

  it('gets its rows together with the picture: one request a step, none after it', async () => {
    const host = await showStep(3);
    const before = client.asked.length;
    await doing(() => goTo({ step: 0, event: null }));
    const names = client.asked.slice(before).map(({ name }) => name);
    expect(names.filter((name) => name === 'pages')).toHaveLength(1);
    expect(texts(line(host, 3), '[role=gridcell]')).toEqual(['3changed', 'PRESENT rw', 'DRAM 0x1a1b3', '—', '—']);
  });
});
