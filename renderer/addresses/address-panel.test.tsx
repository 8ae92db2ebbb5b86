// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { open } from '../session/open.ts';
import { select, useSelection } from '../stores/selection.ts';
import type { FakeClient } from '../testing/fake-client.ts';
import { click, doing, freshSession, press, render, texts } from '../testing/render.tsx';
import { AddressPanel } from './address-panel.tsx';
import { around, clampWindow, pan, shows, whole, zoomAt } from './window.ts';

describe('the physical address map', () => {
  let client: FakeClient;
  let host: HTMLElement;
  let bar: HTMLElement;
  const current = () => host.querySelector('.address-bar [aria-selected=true]')?.getAttribute('aria-label');
  const windowAsked = () => {
    const last = client.asked.filter(({ name }) => name === 'addresses').at(-1);
    return last?.args[0] as { readonly from: number; readonly to: number };
  };
  beforeEach(async () => {
    client = freshSession();
    await open({ kind: 'builtin', id: 'sc-18' });
    host = await render(<AddressPanel />);
    bar = host.querySelector('.address-bar')!;
  });

  it('lists the ranges in view below the bar, each with its first and last address', () => {
    expect(texts(host, '.address-list [role=row]').slice(1)).toEqual([
      'System RAM0x00x7fff_ffff2 GiBiomem:1',
      'not in the map0x8000_00000xbfff_ffff1 GiB—',
      'PCI Bus 0000:000xc000_00000xffff_ffff1 GiBiomem:1',
      'gpu0 BAR 10xd000_00000xdfff_ffff256 MiBiomem:1',
    ]);
    expect(
      [...host.querySelectorAll('.address-list [aria-level]')].map((row) => row.getAttribute('aria-level')),
    ).toEqual(['1', '1', '1', '2']);
  });

  it('moves among neighbours, into a range and out again with the arrows', async () => {
    await press('ArrowRight', bar);
    await press('ArrowRight', bar);
    await press('ArrowRight', bar);
    expect(current()).toMatch(/^PCI Bus 0000:00 1 GiB, 0xc000_0000 to 0xffff_ffff/);
    await press('ArrowDown', bar);
    expect(current()).toMatch(/^gpu0 BAR 1/);
    expect(useSelection.getState().selected).toEqual({ kind: 'node', id: 'gpu0' });
    await press('ArrowUp', bar);
    expect(current()).toMatch(/^PCI Bus/);
  });

  it('goes into a range with Enter, and back to all with 0', async () => {
    await click(host.querySelectorAll('.address-bar [role=option]')[2]);
    await press('Enter', bar);
    const { from, to } = windowAsked();
    expect(from).toBeGreaterThan(0.45);
    expect(to - from).toBeLessThan(0.55);
    await press('0', bar);
    expect(windowAsked()).toMatchObject(whole);
  });

  it('marks the range of what is selected elsewhere', async () => {
    await doing(() => select({ kind: 'node', id: 'gpu0' }));
    expect(current()).toMatch(/^gpu0 BAR 1/);
  });
});

describe('the stretch on screen', () => {
  it('zooms about a point, and stays within the whole', () => {
    expect(zoomAt(whole, 0.5, 0)).toEqual({ from: 0, to: 0.5 });
    expect(zoomAt(whole, 0.5, 1)).toEqual({ from: 0.5, to: 1 });
    expect(zoomAt({ from: 0.4, to: 0.6 }, 100)).toEqual(whole);
    expect(pan({ from: 0.8, to: 1 }, 1)).toEqual({ from: 0.8, to: 1 });
    expect(clampWindow({ from: -1, to: -0.5 })).toEqual({ from: 0, to: 0.5 });
  });

  it('shows what is on it and wide enough', () => {
    expect(shows(whole, 0.2, 0.3, 1000)).toBe(true);
    expect(shows(whole, 0.2, 0.2001, 1000)).toBe(false);
    expect(shows(around(0.2, 0.2001, 3), 0.2, 0.2001, 1000)).toBe(true);
    expect(shows({ from: 0.5, to: 1 }, 0.2, 0.3, 1000)).toBe(false);
  });
});
