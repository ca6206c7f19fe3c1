/** A gateway's answer as a `Response`, with the functions that React Native's own lacks. */

import { SessionError } from '../errors';
import type { NativeResponse } from '../NativeAppwriteSession';
import { readProblem } from '../problem';
import { abortReason } from './abort';
import { makeBlob } from './blob';
import type { Bytes } from './bytes';
import { Content } from './content';
import type { FetchResponse } from './fetch';
import { readFormData } from './form-reader';

/** The parts of an answer. */
interface Parts {
  readonly native: NativeResponse;
  /** Whether the answer can have a body: not to HEAD, and not with a status such as 204. */
  readonly hasBody: boolean;
  readonly signal: AbortSignal | null;
}

const WITHOUT_BODY = [101, 103, 204, 205, 304];
/** Statuses that pass by themselves: too many requests, and a gateway or a service that does not work. */
const PASSING = [429, 502, 503, 504];
/** 30 days. */
const LONGEST_WAIT_SECONDS = 30 * 24 * 60 * 60;

/** How long `Retry-After` asks to wait, in milliseconds. */
function waitHint(value: string | null): number | undefined {
  if (value === null || !/^\d{1,10}$/.test(value)) return undefined;
  const seconds = Number(value);
  return seconds <= LONGEST_WAIT_SECONDS ? seconds * 1000 : undefined;
}

/** The answer to a call with that method. Its body cannot be read any more when `signal` is aborted. */
export function toResponse(native: NativeResponse, method: string, signal: AbortSignal | null): FetchResponse {
  const hasBody = method !== 'HEAD' && !WITHOUT_BODY.includes(native.status);
  return new GatewayResponse({ native, hasBody, signal });
}

function headersOf({ headers: lines }: NativeResponse): Headers {
  const headers = new Headers();
  for (const { name, value } of lines) headers.append(name, value);
  // The platform's class may join the lines, which makes them unusable: a date in a cookie contains a comma.
  const cookies = lines.filter(({ name }) => name.toLowerCase() === 'set-cookie').map(({ value }) => value);
  Object.defineProperty(headers, 'getSetCookie', { value: () => [...cookies] });
  // As in the standard, the headers of an answer cannot be changed.
  for (const name of ['append', 'delete', 'set']) {
    Object.defineProperty(headers, name, {
      value: () => {
        throw new TypeError('the headers of an answer cannot be changed');
      },
    });
  }
  return headers;
}

/* eslint-disable @typescript-eslint/no-unsafe-declaration-merging -- the constructor defines the headers */
/** The type of the headers, which are defined in the constructor. */
interface GatewayResponse {
  readonly headers: FetchResponse['headers'];
}

/**
 * An instance of the global `Response`, which overrides all its members: React Native's class neither reads bytes without a
 * `FileReader` nor decodes them as UTF-8.
 */
class GatewayResponse extends Response implements FetchResponse {
  readonly #parts: Parts;
  #used = false;

  constructor(parts: Parts) {
    super(null);
    this.#parts = parts;
    const { status, url, redirected } = parts.native;
    const own = {
      type: 'basic',
      url: url.replace(/#.*$/, ''),
      redirected,
      status,
      ok: status >= 200 && status < 300,
      statusText: '',
      headers: headersOf(parts.native),
    };
    for (const [name, value] of Object.entries(own)) Object.defineProperty(this, name, { value, enumerable: true });
    Object.defineProperty(this, 'bodyUsed', { get: () => this.#used, enumerable: true });
  }

  override text(): Promise<string> {
    return this.#read((content) => content.text());
  }

  override json(): Promise<unknown> {
    return this.#read((content) => JSON.parse(content.text()) as unknown);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read((content) => content.bytes().buffer);
  }

  bytes(): Promise<Bytes> {
    return this.#read((content) => content.bytes());
  }

  override blob(): Promise<Blob> {
    return this.#read((content) => makeBlob(content, this.#type()));
  }

  override formData(): Promise<FormData> {
    return this.#read((content) => readFormData(content, this.#type()));
  }

  requireSuccess(): FetchResponse {
    if (this.ok) return this;
    const { native, hasBody } = this.#parts;
    const content = hasBody ? Content.received(native.body, native.bodyIsBase64) : Content.EMPTY;
    const { status } = native;
    throw new SessionError('unexpected_status', `the gateway answered with the status ${status}`, {
      status,
      isRetryable: PASSING.includes(status),
      retryAfterMs: waitHint(this.headers.get('retry-after')),
      mayHaveArrived: true,
      problem: readProblem(this.headers.get('content-type'), content.text()),
    });
  }

  override clone(): FetchResponse {
    if (this.#used) throw new TypeError('the body was read already');
    return new GatewayResponse(this.#parts);
  }

  #type(): string {
    return this.headers.get('content-type') ?? '';
  }

  /** Reads the body, once. After an abort it fails, so that nothing continues with the body when its screen is gone. */
  async #read<T>(as: (content: Content) => T | Promise<T>): Promise<T> {
    const { native, hasBody, signal } = this.#parts;
    if (this.#used) throw new TypeError('the body was read already');
    if (!hasBody) return as(Content.EMPTY);
    this.#used = true;
    if (signal?.aborted) throw abortReason(signal);
    return as(Content.received(native.body, native.bodyIsBase64));
  }
}
