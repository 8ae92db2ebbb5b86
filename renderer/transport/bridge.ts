import type { Pushes, PushName, RequestName } from '../../app/contract/requests.ts';
import type { Client } from '../client.ts';

/** What the preload script puts on the window in the desktop app. */
export interface Bridge {
  invoke(
    name: RequestName,
    args: readonly unknown[],
  ): Promise<{ readonly ok: boolean; readonly value?: unknown; readonly fault?: string }>;
  subscribe<N extends PushName>(name: N, listener: (push: Pushes[N]) => void): () => void;
}

/** The session over the desktop app's bridge. */
export function bridgeClient(bridge: Bridge): Client {
  return {
    request: async (name, ...args) => {
      const said = await bridge.invoke(name, args);
      if (!said.ok) throw new Error(said.fault ?? 'no reason given');
      return said.value as never;
    },
    subscribe: (name, listener) => bridge.subscribe(name, listener),
  };
}
