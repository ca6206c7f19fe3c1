/** Reads the arguments of `fetch`. As in the standard, what `init` sets takes the place of what `input` has. */

import { count, milliseconds, withoutUndefined } from '../config';
import { configError } from '../errors';
import type { NativeRequest } from '../NativeAppwriteSession';
import { toBody, type Body } from './body';
import { Content, type Payload } from './content';
import type { FetchInit } from './fetch';

/** A call that is ready to be sent, except for its body, which may still be read. */
export interface Outgoing {
  readonly request: Omit<NativeRequest, keyof Payload>;
  readonly payload: Promise<Payload>;
  readonly signal: AbortSignal | null;
}

/** The members of a `Request` that are used, in any implementation. In React Native's, `_bodyInit` is the body. */
interface AnyRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly signal?: AbortSignal;
  readonly redirect?: string;
  readonly body?: unknown;
  bodyUsed: boolean;
  _bodyInit?: unknown;
  arrayBuffer: () => Promise<ArrayBuffer>;
}

const NORMALISED = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const FORBIDDEN = ['CONNECT', 'TRACE', 'TRACK'];
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * The call that the arguments of `fetch` describe. As in the standard, the body of a `Request` is used by it.
 *
 * @throws TypeError for what every `fetch` refuses: a forbidden method, a malformed header, a body for GET, a body that was read.
 * @throws SessionError with the code `config` for what this `fetch` does not support.
 */
export function toOutgoing(input: string | URL | Request, init: FetchInit = {}): Outgoing {
  const base = isRequest(input) ? input : undefined;
  const { redirect = base?.redirect } = init as { redirect?: string };
  if (redirect !== undefined && redirect !== 'follow') {
    throw configError(
      `redirect: '${redirect}' is not supported; redirects are followed, without the credential if they lead to another origin`,
    );
  }
  const { signal = base?.signal } = init;
  const method = toMethod(init.method ?? base?.method ?? 'GET');
  const timeoutMs = milliseconds(init.timeoutMs, 'timeoutMs');
  const responseLimit = count(init.responseLimit, 'responseLimit');
  const headers = new Headers(init.headers ?? base?.headers);
  if (hasBody(init, base) && (method === 'GET' || method === 'HEAD')) throw new TypeError(`${method} takes no body`);

  // This is the last step, because nothing may fail after the body of a Request was used.
  const body = takeBody(init, base);
  if (body?.type && !headers.has('content-type')) headers.set('content-type', body.type);
  if (!headers.has('accept')) headers.set('accept', '*/*');
  const lines = linesOf(headers, init.headers);
  return {
    request: withoutUndefined({
      method,
      target: base ? base.url : String(input as string | URL),
      headers: lines,
      timeoutMs,
      idempotent: init.idempotent ?? false,
      responseLimit,
      observed: init.onProgress !== undefined,
    }),
    payload: Promise.resolve(body?.payload ?? Content.EMPTY.payload()),
    signal: signal ?? null,
  };
}

/**
 * The header lines. `headers` joins values of one name with a comma. If the app gave pairs, the lines are those pairs, which
 * `headers` has checked, and what was added to `headers` since.
 */
function linesOf(headers: Headers, given: FetchInit['headers']): NativeRequest['headers'] {
  const pairs = Array.isArray(given) ? given : [];
  const lines = pairs.map(([name, value]) => ({ name: name.toLowerCase(), value: trimmed(value) }));
  const names = new Set(lines.map(({ name }) => name));
  headers.forEach((value, name) => {
    if (!names.has(name)) lines.push({ name, value });
  });
  return lines;
}

/** The value of a header without blanks at its ends. */
function trimmed(value: unknown): string {
  return String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
}

function isRequest(input: unknown): input is AnyRequest {
  return typeof input === 'object' && input !== null && 'url' in input && 'method' in input && 'headers' in input;
}

function toMethod(method: string): string {
  const upper = method.toUpperCase();
  if (!TOKEN.test(method) || FORBIDDEN.includes(upper)) throw new TypeError(`the method '${method}' is not allowed`);
  // The standard does not include PATCH here. React Native's own fetch does, and gateways know only the spelling in capitals.
  return NORMALISED.includes(upper) ? upper : method;
}

function hasBody(init: FetchInit, base: AnyRequest | undefined): boolean {
  return [init.body, base?.body, base?._bodyInit].some((body) => body !== undefined && body !== null && body !== '');
}

/** The body of the call, if it has one. The body of a `Request` is marked as used. */
function takeBody(init: FetchInit, base: AnyRequest | undefined): Body | null {
  if (init.body !== undefined && init.body !== null) return toBody(init.body);
  if (!base) return null;
  if (base.bodyUsed) throw new TypeError('the body of the Request was read already');
  if (!hasBody({}, base)) return null;
  if ('_bodyInit' in base) {
    base.bodyUsed = true;
    return toBody(base._bodyInit);
  }
  return { type: null, payload: base.arrayBuffer().then((bytes) => Content.ofBytes(new Uint8Array(bytes)).payload()) };
}
