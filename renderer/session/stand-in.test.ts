// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { select, useSelection } from '../stores/selection.ts';
import { doing, freshSession } from '../testing/render.tsx';
import type { FakeClient } from '../testing/fake-client.ts';
import { open } from './open.ts';
import { findStandIns } from './stand-in.ts';

describe('a selected part that no picture draws', () => {
  let client: FakeClient;
  beforeEach(async () => {
    client = freshSession();
    await doing(() => open({ kind: 'builtin', id: 'sc-18' }));
  });

  it('is shown at the node that stands for it, until something else is selected', async () => {
    const end = findStandIns();
    await doing(() => select({ kind: 'node', id: 'pu:7' }));
    expect(useSelection.getState().standIn).toBe('cpu0');
    await doing(() => select({ kind: 'node', id: 'gpu0' }));
    expect(useSelection.getState().standIn).toBeNull();
    expect(client.asked.filter(({ name }) => name === 'part')).toHaveLength(1);
    end();
  });
});
