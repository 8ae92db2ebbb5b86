import { describe, expect, it } from 'vitest';
import { ensure } from '../../app/base/assert.ts';
import type { Cursor } from '../../app/contract/frame.ts';
import { fakeClient } from '../testing/fake-client.ts';
import { narrate } from './narration.ts';

async function said(cursor: Cursor): Promise<string> {
  const client = fakeClient();
  const opened = await client.request('open', { kind: 'builtin', id: 'sc-18' });
  if (!opened.ok) throw new Error('the fixture opens');
  return narrate(ensure(opened.value, 'it opened'), await client.request('frame', { cursor, from: null }));
}

describe('what a screen reader says', () => {
  it('is the place, the title and the text of a step', async () => {
    expect(await said({ step: 4, event: null })).toBe(
      'Step 5 of 7: The CPU touches page 84. A load meets a DEVPRIV entry. The CPU cannot reach VRAM, so the fault asks the driver to bring the page home.',
    );
  });

  it('is the event, who did it, and where', async () => {
    expect(await said({ step: 4, event: 2 })).toBe(
      'Event 2 of 4 in step 5 kernel: fault A.heap[84..85). device-private entry',
    );
  });

  it('ends with what does not hold and what an invariant caught', async () => {
    expect(await said({ step: 3, event: null })).toMatch(/1 expectation does not hold\.$/);
    expect(await said({ step: 6, event: null })).toMatch(/1 alert: gpu0 reads a frame that the page has left\.$/);
  });

  it('says that nothing has happened at the beginning', async () => {
    expect(await said({ step: -1, event: null })).toBe('Beginning of There and back again, before step 1 of 7.');
  });
});
