import { decodeMessage, encodeMessage } from '../../app/contract/wire.ts';
import type { Pushes, PushName } from '../../app/contract/requests.ts';
import type { Client } from '../client.ts';

interface Waiting {
  done(value: never): void;
  failed(reason: Error): void;
}

/** How long to wait before the next attempt to reach the host, in milliseconds. */
const retryAfter = 500;

/** The session over a WebSocket to the host that served the page. Reconnects by itself; requests under way fail. */
export function webSocketClient(address: string): Client {
  const waiting = new Map<number, Waiting>();
  const listeners = new Map<PushName, Set<(push: never) => void>>();
  let last = 0;
  let socket: Promise<WebSocket> | null = null;

  const lose = (why: string): void => {
    socket = null;
    for (const { failed } of waiting.values()) failed(new Error(why));
    waiting.clear();
  };

  const receive = (text: string): void => {
    const message = decodeMessage(text) as {
      readonly id?: number;
      readonly ok?: boolean;
      readonly value?: never;
      readonly fault?: string;
      readonly push?: PushName;
    };
    if (message.push !== undefined)
      for (const listener of listeners.get(message.push) ?? []) listener(message.value as never);
    const asked = message.id === undefined ? undefined : waiting.get(message.id);
    if (asked === undefined || message.id === undefined) return;
    waiting.delete(message.id);
    if (message.ok === true) asked.done(message.value as never);
    else asked.failed(new Error(message.fault ?? 'no reason given'));
  };

  const connect = (): Promise<WebSocket> => {
    socket ??= new Promise<WebSocket>((opened, failed) => {
      const made = new WebSocket(address);
      made.onopen = () => opened(made);
      made.onmessage = (event) => receive(String(event.data));
      made.onclose = () => {
        lose('the connection to the app was lost');
        setTimeout(() => failed(new Error('the app cannot be reached')), retryAfter);
      };
    });
    return socket;
  };

  return {
    request: async (name, ...args) => {
      const open = await connect();
      const id = ++last;
      return new Promise((done, failed) => {
        waiting.set(id, { done: done as Waiting['done'], failed });
        open.send(encodeMessage({ id, name, args }));
      });
    },
    subscribe: <N extends PushName>(name: N, listener: (push: Pushes[N]) => void) => {
      const own = listeners.get(name) ?? new Set();
      listeners.set(name, own);
      own.add(listener as (push: never) => void);
      return () => void own.delete(listener as (push: never) => void);
    },
  };
}
