import type { Pushes, PushName, RequestAnswer, RequestArgs, RequestName } from '../app/contract/requests.ts';

/** The session as a view sees it, over whichever transport there is. A rejected promise means that the session cannot be reached. */
export interface Client {
  request<N extends RequestName>(name: N, ...args: RequestArgs<N>): Promise<RequestAnswer<N>>;
  /** Returns the function that ends the subscription. */
  subscribe<N extends PushName>(name: N, listener: (push: Pushes[N]) => void): () => void;
}

let connected: Client | null = null;

/** Chooses the session that all views talk to; called once at the start, and by tests. */
export function connect(client: Client): void {
  connected = client;
}

export function client(): Client {
  if (connected === null) throw new Error('no session: connect() comes before the first view');
  return connected;
}
