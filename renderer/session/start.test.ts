// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshSession } from '../testing/render.tsx';
import { fakeClient, type FakeClient } from '../testing/fake-client.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { useLayout } from '../stores/layout.ts';
import { select, useSelection } from '../stores/selection.ts';
import { stepForward } from './navigate.ts';
import { receiveFiles } from '../start/receive.ts';
import { startSession } from './start.ts';

let end = (): void => {};
let client: FakeClient;

/** Starts over at an address, and waits until what follows from it has happened. */
async function startAt(query: string, session = fakeClient()): Promise<void> {
  client = freshSession(session);
  window.history.replaceState(null, '', `/${query}`);
  end = startSession();
  await vi.advanceTimersByTimeAsync(1000);
}

describe('a session', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    end();
    vi.useRealTimers();
  });

  it('begins with what there is to open', async () => {
    await startAt('');
    expect(useDocument.getState().head).toBeNull();
    expect(useDocument.getState().catalog?.scenarios.length).toBeGreaterThan(0);
  });

  it('follows the link in the address', async () => {
    await startAt('?scenario=sc-18&step=3&event=2&select=dram0&view=events');
    expect(useFrame.getState().cursor).toEqual({ step: 3, event: 2 });
    expect(useSelection.getState().selected).toEqual({ kind: 'node', id: 'dram0' });
    expect(useLayout.getState().tab).toBe('events');
  });

  it('keeps the address saying where it is', async () => {
    await startAt('?scenario=sc-18&step=3');
    stepForward();
    select({ kind: 'page', table: 'A:heap', page: 84 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(window.location.search).toBe('?scenario=sc-18&step=4&select=page%3A84%3AA%3Aheap&view=tables');
  });

  it('shows what the host opens, and follows its links and commands', async () => {
    await startAt('');
    const opened = await client.request('open', { kind: 'builtin', id: 'sc-18' });
    if (!opened.ok) throw new Error('the fixture opens');
    client.push('opened', opened.value);
    await vi.advanceTimersByTimeAsync(1);
    expect(useDocument.getState().head?.id).toBe('sc-18');
    client.push('command', 'step-forward');
    await vi.advanceTimersByTimeAsync(1);
    expect(useFrame.getState().cursor.step).toBe(0);
    client.push('link', 'scenario=sc-18&step=5');
    await vi.advanceTimersByTimeAsync(1);
    expect(useFrame.getState().cursor.step).toBe(5);
  });

  it('says that it is lost where the session does not answer, and keeps what is on screen', async () => {
    let gone = false;
    await startAt(
      '?scenario=sc-18&step=3',
      fakeClient(() => (gone ? Promise.reject(new Error('connection closed')) : Promise.resolve())),
    );
    gone = true;
    stepForward();
    await vi.advanceTimersByTimeAsync(1);
    expect(useDocument.getState().lost).toBe('connection closed');
    expect(useFrame.getState().cursor.step).toBe(3);
    gone = false;
    stepForward();
    await vi.advanceTimersByTimeAsync(1);
    expect(useDocument.getState().lost).toBeNull();
    expect(useFrame.getState().cursor.step).toBe(5);
  });
});

describe('a file', () => {
  beforeEach(() => {
    client = freshSession();
  });
  const sources = () => client.asked.filter(({ name }) => name === 'open').map(({ args }) => args[0]);

  it('is opened as text where it is text, else as bytes', async () => {
    await receiveFiles([new File(['title: x'], 'a.yaml')]);
    await receiveFiles([new File([Uint8Array.from([0x1f, 0x8b, 0xff])], 'b.gz')]);
    expect(sources()).toEqual([
      { kind: 'text', name: 'a.yaml', text: 'title: x' },
      { kind: 'bytes', name: 'b.gz', bytes: Uint8Array.from([0x1f, 0x8b, 0xff]) },
    ]);
  });

  it('with others is one of several descriptions of one machine', async () => {
    await receiveFiles([new File(['a'], 'a.xml'), new File(['b'], 'b.txt')]);
    await receiveFiles([new File(['c'], 'c.txt')], true);
    expect(sources()).toEqual([
      {
        kind: 'several',
        added: false,
        parts: [
          { kind: 'text', name: 'a.xml', text: 'a' },
          { kind: 'text', name: 'b.txt', text: 'b' },
        ],
      },
      { kind: 'several', added: true, parts: [{ kind: 'text', name: 'c.txt', text: 'c' }] },
    ]);
  });

  it('that cannot be read, as a folder, is refused with a way out', async () => {
    const folder = new File([], 'snapshot');
    folder.arrayBuffer = () => Promise.reject(new DOMException('NotReadableError'));
    expect(await receiveFiles([folder])).toBe(false);
    expect(useDocument.getState().rejection?.problems[0]?.message).toMatch(/Pack a folder with tar czf/);
  });

  it('that is too large is refused before it is read', async () => {
    const huge = new File([], 'huge.xml');
    Object.defineProperty(huge, 'size', { value: 1e9 });
    expect(await receiveFiles([huge])).toBe(false);
    expect(sources()).toEqual([]);
    expect(useDocument.getState().rejection?.problems[0]?.message).toMatch(
      /^the file has 954 MiB; at most 64 MiB are read/,
    );
  });
});
