/** What a page of the desktop app may do: send the requests that exist, and listen to the pushes that exist. */
import { contextBridge, ipcRenderer } from 'electron';
import { pushNames, requestNames } from '../../app/contract/names.ts';

contextBridge.exposeInMainWorld('memscape', {
  invoke: (name: string, args: readonly unknown[]): Promise<unknown> =>
    (requestNames as readonly string[]).includes(name)
      ? ipcRenderer.invoke('request', name, args)
      : Promise.resolve({ ok: false, fault: 'there is no such request' }),
  subscribe: (name: string, listener: (push: unknown) => void): (() => void) => {
    if (!(pushNames as readonly string[]).includes(name)) return () => undefined;
    // The event object stays here: it would hand the page the sender.
    const receive = (_event: unknown, push: unknown): void => listener(push);
    ipcRenderer.on(`push:${name}`, receive);
    return () => void ipcRenderer.removeListener(`push:${name}`, receive);
  },
});
