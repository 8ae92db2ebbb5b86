/** The only file that talks to windows over IPC: requests in, pushes out. */
import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron';
import type { Pushes, PushName } from '../../app/contract/requests.ts';
import type { Session } from '../../app/session/session.ts';
import { answer, type Answer } from '../answer.ts';
import { isOwn } from './origin.ts';

/** Only the top frame of a page of ours is answered. */
function isTrusted(event: IpcMainInvokeEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && isOwn(frame.url);
}

/** Answers requests of windows; `sessionOf` finds the session of the window that asks. */
export function answerWindows(sessionOf: (sender: WebContents) => Session | null): void {
  ipcMain.handle('request', async (event, name: unknown, args: unknown): Promise<Answer> => {
    const session = isTrusted(event) ? sessionOf(event.sender) : null;
    return session === null ? { ok: false, fault: 'this page may not ask' } : answer(session, name, args);
  });
}

/** Tells a window something unasked. */
export function push<N extends PushName>(window: WebContents, name: N, value: Pushes[N]): void {
  if (!window.isDestroyed()) window.send(`push:${name}`, value);
}
