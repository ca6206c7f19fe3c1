/** Reads what `fetch` was called with, as the standard merges it: `input` first, and what `init` sets in its place. */

import { milliseconds, withoutUndefined } from '../config';
import { misused } from '../errors';
import type { NativeRequest } from '../NativeAppwriteSession';
import { toBody, type Body } from './body';
import { Content } from './content';
import type { FetchInit } from './fetch';

/** A call that is ready but for its body, which is still being read. */
export interface Outgoing {
  readonly request: Omit<NativeRequest, 'body' | 'bodyIsBase64'>;
  readonly content: Promise<Content>;
  readonly signal: AbortSignal | null;
}

/** What is read of a `Request`, of any implementation. React Native's keeps what it was given as its body. */
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
 * The call that `fetch` was asked for. A `Request` is used up by it, as the standard says.
 *
 * @throws TypeError for what every `fetch` refuses: a forbidden method, a malformed header, a body for GET, a body that was read.
 * @throws SessionError with the code `config` for what cannot be done here.
 */
export function toOutgoing(input: string | URL | Request, init: FetchInit = {}): Outgoing {
  const base = isRequest(input) ? input : undefined;
  const { redirect = base?.redirect } = init as { redirect?: string };
  if (redirect !== undefined && redirect !== 'follow') {
    throw misused(
      `redirect: '${redirect}' cannot be done; redirects are followed, and lose the credential outside of gateways`,
    );
  }
  const { signal = base?.signal } = init;
  const method = toMethod(init.method ?? base?.method ?? 'GET');
  const timeoutMs = milliseconds(init.timeoutMs, 'timeoutMs');
  const headers = new Headers(init.headers ?? base?.headers);
  if (hasBody(init, base) && (method === 'GET' || method === 'HEAD')) throw new TypeError(`${method} takes no body`);

  // Last, since nothing may fail once the body of a Request is used up.
  const body = takeBody(init, base);
  if (body?.type && !headers.has('content-type')) headers.set('content-type', body.type);
  if (!headers.has('accept')) headers.set('accept', '*/*');
  const lines: NativeRequest['headers'] = [];
  headers.forEach((value, name) => lines.push({ name, value }));
  return {
    request: withoutUndefined({
      method,
      target: base ? base.url : String(input as string | URL),
      headers: lines,
      timeoutMs,
      repeatable: init.repeatable ?? false,
    }),
    content: Promise.resolve(body?.content ?? Content.EMPTY),
    signal: signal ?? null,
  };
}

function isRequest(input: unknown): input is AnyRequest {
  return typeof input === 'object' && input !== null && 'url' in input && 'method' in input && 'headers' in input;
}

function toMethod(method: string): string {
  const upper = method.toUpperCase();
  if (!TOKEN.test(method) || FORBIDDEN.includes(upper)) throw new TypeError(`'${method}' is no method for fetch`);
  // The standard leaves out PATCH; React Native's own fetch does not, and a gateway knows no other spelling.
  return NORMALISED.includes(upper) ? upper : method;
}

function hasBody(init: FetchInit, base: AnyRequest | undefined): boolean {
  return [init.body, base?.body, base?._bodyInit].some((body) => body !== undefined && body !== null && body !== '');
}

/** The body of the call, if it has one. That of a `Request` is taken away from it. */
function takeBody(init: FetchInit, base: AnyRequest | undefined): Body | null {
  if (init.body !== undefined && init.body !== null) return toBody(init.body);
  if (!base) return null;
  if (base.bodyUsed) throw new TypeError('the body of the Request was read already');
  if (!hasBody({}, base)) return null;
  if ('_bodyInit' in base) {
    base.bodyUsed = true;
    return toBody(base._bodyInit);
  }
  return { type: null, content: base.arrayBuffer().then((bytes) => Content.ofBytes(new Uint8Array(bytes))) };
}
