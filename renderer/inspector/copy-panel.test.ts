// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { freshSession, settle } from '../testing/render.tsx';
import { open } from '../session/open.ts';
import { useLayout, type InspectorTab } from '../stores/layout.ts';
import { select } from '../stores/selection.ts';
import { copyPanel } from './copy-panel.ts';

let clipboard = '';

async function copied(tab: InspectorTab): Promise<unknown> {
  useLayout.setState({ tab });
  expect(await copyPanel()).toBe(true);
  return JSON.parse(clipboard);
}

describe('copying a panel', () => {
  beforeEach(async () => {
    freshSession();
    vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(async (text) => {
      clipboard = text;
    });
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 4, event: null });
    await settle();
  });

  it('gives the events of the step, and the causes of what is selected', async () => {
    expect(await copied('events')).toHaveLength(4);
    expect(await copied('why')).toMatchObject({ lines: [{ fn: 'migrate_vma_finalize' }, {}, {}, {}] });
  });

  it('gives the machine, or the selected part of it', async () => {
    expect(await copied('object')).toMatchObject({ nodes: expect.anything(), edges: expect.anything() });
    select({ kind: 'node', id: 'dram0' });
    expect(await copied('object')).toMatchObject({ id: 'dram0', title: 'DRAM' });
  });

  it('says so where the clipboard is denied', async () => {
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('denied', 'NotAllowedError'));
    expect(await copyPanel()).toBe(false);
  });
});
