/** Pages come from the package over app:, never from file:. */
import { protocol } from 'electron';
import { pageFiles } from '../page-files.ts';
import { securityHeaders } from '../policy.ts';
import { isOwn, scheme } from './origin.ts';

/** Before the app is ready: app: is a scheme with an origin of its own. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

export function serveScheme(): void {
  const files = pageFiles();
  protocol.handle(scheme, (request) => {
    const url = new URL(request.url);
    const file = isOwn(request.url) && request.method === 'GET' ? files.read(decodeURIComponent(url.pathname)) : null;
    if (file === null)
      return new Response('There is no such page.\n', {
        status: 404,
        headers: { ...securityHeaders, 'Content-Type': 'text/plain; charset=utf-8' },
      });
    return new Response(new Uint8Array(file.bytes), { headers: { ...securityHeaders, 'Content-Type': file.type } });
  });
}
