// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { client } from '../client.ts';
import { open } from '../session/open.ts';
import { useDocument } from '../stores/document.ts';
import { useFrame } from '../stores/frame.ts';
import { click, doing, freshSession, render, texts } from '../testing/render.tsx';
import { StartContent } from './start-content.tsx';

async function show(): Promise<HTMLElement> {
  useDocument.setState({ catalog: await client().request('catalog') });
  return render(<StartContent autoFocus={false} />);
}

describe('what can be opened', () => {
  beforeEach(() => freshSession());

  it('is every built-in story and machine with its line', async () => {
    const host = await show();
    expect(texts(host, '.entry-title')).toContain('There and back again');
    expect(texts(host, '.entry-line')).toContain('A CPU access to device-private memory is a migration.');
    expect(texts(host, 'h2')).toEqual(['Stories 5', 'Machines 2']);
  });

  it('opens with a click', async () => {
    const host = await show();
    await click(host.querySelector('.entry-card'));
    expect(useDocument.getState().head?.title).toBe('There and back again');
    expect(useFrame.getState().frame).not.toBeNull();
  });

  it('shows the line, the column, the text and the mend of what is refused, and keeps what was open', async () => {
    await open({ kind: 'builtin', id: 'sc-18' }, { step: 2, event: null });
    const host = await show();
    await doing(() => open({ kind: 'text', name: 'mine.yaml', text: 'title: x\nstory: y\nabc stpes: []\nmore: z' }));
    expect(useDocument.getState().head?.id).toBe('sc-18');
    expect(useFrame.getState().cursor.step).toBe(2);
    expect(texts(host, '.position')).toEqual(['mine.yaml:3:5']);
    expect(texts(host, '.rejection [data-wrong]')).toEqual(['3abc stpes: [] ^']);
    expect(host.querySelector('.rejection')!.textContent).toContain('rename it');
  });
});
