// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../commands/commands.ts';
import { open } from '../session/open.ts';
import { useDocument } from '../stores/document.ts';
import { useLayout } from '../stores/layout.ts';
import { doing, freshSession, render, texts } from '../testing/render.tsx';
import type { FakeClient } from '../testing/fake-client.ts';
import { Centre } from './centre.tsx';

describe('the middle of the window', () => {
  let client: FakeClient;
  let host: HTMLElement;
  beforeEach(async () => {
    client = freshSession();
    await open({ kind: 'builtin', id: 'sc-18' });
    useLayout.setState({ view: 'parts' });
    host = await render(<Centre />);
  });
  const shown = () => texts(host, '[role=tab][aria-selected=true]');

  it('shows one view at a time, chosen by tab, by key or by command', async () => {
    expect(shown()).toEqual(['Parts']);
    await doing(() => runCommand('view-matrices'));
    expect([shown(), host.querySelectorAll('.matrix').length, host.querySelectorAll('.parts').length]).toEqual([
      ['Matrices'],
      1,
      0,
    ]);
    await doing(() => runCommand('next-view'));
    expect(shown()).toEqual(['Parts']);
    await doing(() => runCommand('view-addresses'));
    expect(shown()).toEqual(['Addresses']);
  });

  it('asks anew when another document of the same name is opened', async () => {
    const asked = () => client.asked.filter(({ name }) => name === 'parts').length;
    const before = asked();
    await doing(() => open({ kind: 'builtin', id: 'sc-18' }));
    expect(useDocument.getState().opened).toBe(2);
    expect(asked()).toBeGreaterThan(before);
  });

  it('is the machine alone on a stage', async () => {
    await doing(() => useLayout.setState({ present: true }));
    expect(host.querySelectorAll('.view-bar')).toHaveLength(0);
  });
});
