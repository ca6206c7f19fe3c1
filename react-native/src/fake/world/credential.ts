/** The credential in the fake world, and the headers that carry it. */

import { fromBase64, toBase64 } from '../../fetch/base64';
import { decodeUtf8, encodeUtf8 } from '../../fetch/utf8';
import type { Header } from './http';
import { header } from './http';

/** The carrier of a credential; `none` if there is no credential. */
export type Carrier = 'cookie' | 'session_header' | 'fallback_cookies' | 'none';

/** The headers that can contain a credential. */
export const CARRIER_HEADERS = [
  'x-fallback-cookies',
  'x-appwrite-session',
  'x-appwrite-jwt',
  'cookie',
  'authorization',
];

/** The credential of a request. */
export interface Carried {
  /** The carrier that Appwrite reads. */
  carrier: Carrier;
  /** How many carriers there are. */
  carriers: number;
  blob: string | undefined;
}

/** The blob of a session, as Appwrite makes it. */
export function blobOf(userId: string, secret: string): string {
  return toBase64(encodeUtf8(JSON.stringify({ id: userId, secret })));
}

/** The content of a blob; `undefined` if it is not a credential. */
export function readBlob(blob: string): { userId: string; secret: string } | undefined {
  try {
    const { id, secret } = JSON.parse(decodeUtf8(fromBase64(blob.trim()))) as { id?: unknown; secret?: unknown };
    const whole = typeof id === 'string' && typeof secret === 'string' && id !== '' && secret !== '';
    return whole ? { userId: id, secret } : undefined;
  } catch {
    return undefined;
  }
}

/** The name of the session's cookie. */
export function cookieName(project: string): string {
  return `a_session_${project.toLowerCase()}`;
}

/** Whether a cookie is a session cookie of Appwrite. */
export function isSessionCookie(name: string): boolean {
  return name.trim().toLowerCase().startsWith('a_session_');
}

/** The header that carries a credential. */
export function carry(carrier: string, project: string, blob: string): Header {
  switch (carrier) {
    case 'fallback_cookies':
      return { name: 'X-Fallback-Cookies', value: JSON.stringify({ [`a_session_${project}`]: blob }) };
    case 'session_header':
      return { name: 'X-Appwrite-Session', value: blob };
    default:
      return { name: 'Cookie', value: `${cookieName(project)}=${blob}` };
  }
}

/** The cookies of a request, in order. */
export function cookiesOf(headers: readonly Header[]): [name: string, value: string][] {
  const lines = headers.filter((each) => each.name.toLowerCase() === 'cookie').map((each) => each.value);
  return lines
    .flatMap((line) => line.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.includes('='))
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
}

/** The credential of a request. The order is the one in which Appwrite looks for it. */
export function carriedBy(headers: readonly Header[]): Carried {
  const found: [Carrier, string][] = [];
  const cookie = cookiesOf(headers).find(([name]) => isSessionCookie(name));
  if (cookie) {
    found.push(['cookie', cookie[1]]);
  }
  const session = header(headers, 'x-appwrite-session');
  if (session) {
    found.push(['session_header', session]);
  }
  const fallback = header(headers, 'x-fallback-cookies');
  if (fallback) {
    found.push(['fallback_cookies', firstOf(fallback)]);
  }
  const [carrier, blob] = found[0] ?? ['none' as const, undefined];
  return { carrier, carriers: found.length, blob };
}

function firstOf(fallback: string): string {
  try {
    const [first] = Object.values(JSON.parse(fallback) as Record<string, unknown>);
    return typeof first === 'string' ? first : '';
  } catch {
    return '';
  }
}
