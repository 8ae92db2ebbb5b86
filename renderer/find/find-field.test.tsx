// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { open } from '../session/open.ts';
import { select, useSelection } from '../stores/selection.ts';
import { doing, freshSession, press, render, texts } from '../testing/render.tsx';
import { FindField } from './find-field.tsx';

async function type(field: HTMLInputElement, text: string): Promise<void> {
  await doing(() => {
    field.focus();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
}
const chosen = () => useSelection.getState().selected;

describe('find as you type', () => {
  let field: HTMLInputElement;
  let host: HTMLElement;
  beforeEach(async () => {
    freshSession();
    await open({ kind: 'builtin', id: 'sc-18' });
    select({ kind: 'node', id: 'dram0' });
    host = await render(<FindField />);
    field = host.querySelector('input')!;
  });

  it('selects the first hit while one types, and says which one it is', async () => {
    await type(field, 'nic');
    expect(chosen()).toEqual({ kind: 'node', id: 'nic0' });
    expect(field.getAttribute('aria-expanded')).toBe('true');
    expect(host.querySelector(`#${field.getAttribute('aria-activedescendant')}`)?.getAttribute('aria-selected')).toBe(
      'true',
    );
  });

  it('goes through the hits with the arrows, round and round', async () => {
    await type(field, 'cpu 49');
    await press('ArrowDown', field);
    expect(chosen()).toEqual({ kind: 'node', id: 'pu:490' });
    await press('ArrowUp', field);
    await press('ArrowUp', field);
    expect(chosen()).toEqual({ kind: 'node', id: 'pu:499' });
    await press('Enter', field);
    expect(field.getAttribute('aria-expanded')).toBe('false');
    expect(chosen()).toEqual({ kind: 'node', id: 'pu:499' });
  });

  it('goes back to what was selected before on Escape', async () => {
    await type(field, 'nic');
    await press('Escape', field);
    expect([chosen(), field.value]).toEqual([{ kind: 'node', id: 'dram0' }, '']);
  });

  it('says that nothing has that in it', async () => {
    await type(field, 'zebra');
    expect(texts(host, '[role=listbox] p')).toEqual(['No part has that in it.']);
    expect(chosen()).toEqual({ kind: 'node', id: 'dram0' });
  });
});
