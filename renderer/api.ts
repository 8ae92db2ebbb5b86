import type { Client } from './client.ts';
import { bridgeClient, type Bridge } from './transport/bridge.ts';
import { webSocketClient } from './transport/web-socket.ts';

declare global {
  interface Window {
    /** There in the desktop app only. */
    readonly memscape?: Bridge;
  }
}

/** The session that this page talks to: the desktop app's, or the web host's. */
export function reachSession(): Client {
  if (window.memscape !== undefined) return bridgeClient(window.memscape);
  return webSocketClient(`${window.location.origin.replace(/^http/, 'ws')}/session`);
}
