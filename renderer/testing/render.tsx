import { act, type ReactElement } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { Tooltip } from 'radix-ui';
import { connect } from '../client.ts';
import { useDocument } from '../stores/document.ts';
import { emptyFrame, useFrame } from '../stores/frame.ts';
import { useLayout } from '../stores/layout.ts';
import { usePlayback } from '../stores/playback.ts';
import { forgetQueries } from '../stores/queries.ts';
import { useSelection } from '../stores/selection.ts';
import { useTable } from '../stores/table.ts';
import { fakeClient, type FakeClient } from './fake-client.ts';

declare global {
  var IS_REACT_ACT_ENVIRONMENT: boolean;
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

// This document has no layout: every element is as large as a panel.
for (const side of ['clientHeight', 'offsetHeight', 'clientWidth', 'offsetWidth'])
  if (typeof HTMLElement !== 'undefined')
    Object.defineProperty(HTMLElement.prototype, side, { configurable: true, get: () => 600 });

let root: Root | null = null;

/** Empty stores and a session of its own for one test. */
export function freshSession(client: FakeClient = fakeClient()): FakeClient {
  if (root !== null) act(() => root?.unmount());
  root = null;
  document.body.innerHTML = '';
  useDocument.setState(useDocument.getInitialState(), true);
  usePlayback.setState(usePlayback.getInitialState(), true);
  useSelection.setState(useSelection.getInitialState(), true);
  useLayout.setState(useLayout.getInitialState(), true);
  useTable.setState(useTable.getInitialState(), true);
  forgetQueries();
  useFrame.setState(emptyFrame, true);
  connect(client);
  return client;
}

/** Puts a view on the page and waits until its first answers are there. */
export async function render(view: ReactElement): Promise<HTMLElement> {
  const host = document.body.appendChild(document.createElement('div'));
  root = createRoot(host);
  await act(async () => root?.render(<Tooltip.Provider>{view}</Tooltip.Provider>));
  await settle();
  return host;
}

/** Lets all answers that are under way arrive and be drawn. */
export async function settle(): Promise<void> {
  await act(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
}

/** Runs something that changes what is shown, and waits for it. */
export async function doing(action: () => unknown): Promise<void> {
  await act(async () => {
    await action();
  });
  await settle();
}

export const texts = (host: ParentNode, selector: string): readonly string[] =>
  [...host.querySelectorAll(selector)].map((element) => element.textContent?.replace(/\s+/g, ' ').trim() ?? '');

export async function click(element: Element | null | undefined): Promise<void> {
  if (element == null) throw new Error('nothing to click on');
  await doing(() => element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })));
}

export async function press(
  key: string,
  target: EventTarget = document.body,
  held: KeyboardEventInit = {},
): Promise<void> {
  await doing(() =>
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...held })),
  );
}
