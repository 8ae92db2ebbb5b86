/** The app for a browser: the same renderer over HTTP, the same session over a WebSocket. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { decodeMessage, encodeMessage } from '../../app/contract/wire.ts';
import { Session } from '../../app/session/session.ts';
import { answer } from '../answer.ts';
import { nodeLibrary } from '../node-library.ts';
import { pageFiles } from '../page-files.ts';
import { isReallyInside } from '../paths.ts';
import { securityHeaders } from '../policy.ts';
import { hasCookie, hasSecret, hostIsOurs, originIsOurs, setCookie, type Guard } from './guard.ts';

/** A dropped file travels in one message; nothing larger is taken. */
const maxMessageBytes = 96 * 1024 * 1024;

export interface WebHost {
  /** Address with the secret: who has it is let in. */
  readonly address: string;
  close(): Promise<void>;
}

export interface WebHostOptions {
  readonly port: number;
  readonly host: string;
  /** Files that a link may name lie below this folder: the person started the host there. */
  readonly folder: string;
  /** Files elsewhere that the person named. */
  readonly files?: readonly string[];
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...securityHeaders, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/** Listens; rejects where the address cannot be used. */
export async function serve({ port, host, folder, files: named = [] }: WebHostOptions): Promise<WebHost> {
  const files = pageFiles();
  const chosen = new Set(named.map((path) => resolve(path)));
  const mayRead = (path: string): boolean => chosen.has(path) || isReallyInside(folder, path);
  const secret = randomBytes(24).toString('base64url');
  const server = createServer();
  await new Promise<void>((listening, failed) => server.once('error', failed).listen(port, host, listening));
  const bound = (server.address() as AddressInfo).port;
  const names =
    host === '127.0.0.1' || host === '::1' || host === 'localhost'
      ? ['127.0.0.1', 'localhost', '[::1]']
      : [host.includes(':') ? `[${host}]` : host];
  const guard: Guard = { hosts: new Set(names.map((name) => `${name}:${bound}`)), secret };

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!hostIsOurs(guard, request) || !originIsOurs(guard, request, false))
      return refuse(response, 403, 'This address is not served here.');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, 'Only pages are served here.');
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? ''}`);
    if (url.searchParams.has('secret')) {
      if (!hasSecret(guard, url))
        return refuse(response, 403, 'The secret in the address is not right: use the address that was printed.');
      url.searchParams.delete('secret');
      response
        .writeHead(303, {
          ...securityHeaders,
          'Set-Cookie': setCookie(guard),
          Location: `${url.pathname}${url.search}`,
        })
        .end();
      return;
    }
    if (!hasCookie(guard, request))
      return refuse(
        response,
        403,
        'Open the address that was printed where Memscape was started: it carries a secret.',
      );
    const file = files.read(decodeURIComponentSafely(url.pathname));
    if (file === null) return refuse(response, 404, 'There is no such page.');
    response
      .writeHead(200, { ...securityHeaders, 'Content-Type': file.type, 'Cache-Control': 'no-cache' })
      .end(request.method === 'HEAD' ? undefined : file.bytes);
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  server.on('upgrade', (request, socket, head) => {
    const path = (request.url ?? '').split('?')[0];
    if (
      path !== '/session' ||
      !hostIsOurs(guard, request) ||
      !originIsOurs(guard, request, true) ||
      !hasCookie(guard, request)
    ) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => talk(opened, folder, mayRead));
  });

  return {
    address: `http://${names[0] ?? host}:${bound}/?secret=${secret}`,
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets.clients) socket.terminate();
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function decodeURIComponentSafely(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** One window, one session. Answers carry the number of their request. */
function talk(socket: WebSocket, folder: string, mayRead: (path: string) => boolean): void {
  const session = new Session(nodeLibrary({ folder, mayRead }));
  socket.on('error', () => socket.terminate());
  socket.on('message', (message, isBinary) => {
    void (async () => {
      let id: unknown = null;
      try {
        if (isBinary) throw new SyntaxError('binary');
        const asked = decodeMessage((message as Buffer).toString('utf8')) as {
          readonly id?: unknown;
          readonly name?: unknown;
          readonly args?: unknown;
        };
        id = asked.id;
        if (typeof id !== 'number') throw new SyntaxError('no number');
        socket.send(encodeMessage({ id, ...(await answer(session, asked.name, asked.args)) }));
      } catch {
        socket.send(
          encodeMessage({ id: typeof id === 'number' ? id : null, ok: false, fault: 'the message cannot be read' }),
        );
      }
    })();
  });
}
