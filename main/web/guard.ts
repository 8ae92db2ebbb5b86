/**
 * Who may talk to the web host: requests that name the host that it listens on (no DNS rebinding), from its own pages,
 * with the secret that only the printed address carries.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const cookieName = 'memscape';

export interface Guard {
  /** host:port spellings of this server. */
  readonly hosts: ReadonlySet<string>;
  readonly secret: string;
}

const sameSecret = (given: string, secret: string): boolean =>
  given.length === secret.length && timingSafeEqual(Buffer.from(given), Buffer.from(secret));

/** The request names this server in its Host header. */
export const hostIsOurs = (guard: Guard, request: IncomingMessage): boolean =>
  guard.hosts.has(request.headers.host ?? '');

/** A page of another site says so in Origin; our own pages name us, or nothing on plain navigation. */
export function originIsOurs(guard: Guard, request: IncomingMessage, required: boolean): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return !required;
  return [...guard.hosts].some((host) => origin === `http://${host}`);
}

export function hasCookie(guard: Guard, request: IncomingMessage): boolean {
  const cookies = (request.headers.cookie ?? '').split(';').map((part) => part.trim());
  return cookies.some(
    (cookie) => cookie.startsWith(`${cookieName}=`) && sameSecret(cookie.slice(cookieName.length + 1), guard.secret),
  );
}

export const hasSecret = (guard: Guard, url: URL): boolean =>
  sameSecret(url.searchParams.get('secret') ?? '', guard.secret);

/** The cookie that the secret of the address becomes. */
export const setCookie = (guard: Guard): string => `${cookieName}=${guard.secret}; HttpOnly; SameSite=Strict; Path=/`;
