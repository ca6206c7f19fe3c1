/** A gateway's answer as a `Response` of the platform that can do what React Native's own cannot. */

import type { NativeResponse } from '../NativeAppwriteSession';
import { abortReason } from './abort';
import { makeBlob } from './blob';
import type { Bytes } from './bytes';
import { Content } from './content';
import type { FetchResponse } from './fetch';
import { readFormData } from './form-reader';

/** What an answer is made of. */
interface Parts {
  readonly native: NativeResponse;
  /** Whether there can be a body at all: not for HEAD, nor for a status such as 204. */
  readonly hasBody: boolean;
  readonly signal: AbortSignal | null;
}

const WITHOUT_BODY = [101, 103, 204, 205, 304];

/** The answer to a call with that method, which `signal` can still take away. */
export function toResponse(native: NativeResponse, method: string, signal: AbortSignal | null): FetchResponse {
  const hasBody = method !== 'HEAD' && !WITHOUT_BODY.includes(native.status);
  return new GatewayResponse({ native, hasBody, signal });
}

function headersOf({ headers: lines }: NativeResponse): Headers {
  const headers = new Headers();
  for (const { name, value } of lines) headers.append(name, value);
  // As the standard has it, the headers of an answer cannot be written to.
  for (const name of ['append', 'delete', 'set']) {
    Object.defineProperty(headers, name, {
      value: () => {
        throw new TypeError('the headers of an answer cannot be changed');
      },
    });
  }
  return headers;
}

/**
 * It is an instance of the global `Response`, and that class is asked for nothing: its own members hide those below, since React
 * Native's neither reads bytes without a `FileReader` nor decodes them as UTF-8.
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

  override clone(): FetchResponse {
    if (this.#used) throw new TypeError('the body was read already');
    return new GatewayResponse(this.#parts);
  }

  #type(): string {
    return this.headers.get('content-type') ?? '';
  }

  /** Uses the body up. An abort takes it away even now, so that nothing goes on with it after its screen is gone. */
  async #read<T>(as: (content: Content) => T | Promise<T>): Promise<T> {
    const { native, hasBody, signal } = this.#parts;
    if (this.#used) throw new TypeError('the body was read already');
    if (!hasBody) return as(Content.EMPTY);
    this.#used = true;
    if (signal?.aborted) throw abortReason(signal);
    return as(Content.received(native.body, native.bodyIsBase64));
  }
}
