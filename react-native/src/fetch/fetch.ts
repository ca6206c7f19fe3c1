/** `fetch`, sent by the native side with the credential. */

import { fromRejection, isCancellation } from '../errors';
import type { NativeRequest, NativeResponse } from '../NativeAppwriteSession';
import { abortError, abortReason, untilAborted } from './abort';
import type { Bytes } from './bytes';
import { toOutgoing } from './request';
import { toResponse } from './response';

/** What a call can be given, beside what every `fetch` takes. */
export interface FetchInit extends Omit<RequestInit, 'body'> {
  /** A text, `URLSearchParams`, bytes, a `Blob`, or a `FormData` of texts and blobs. */
  body?: RequestInit['body'] | URLSearchParams | undefined;
  /** The time for the whole request in milliseconds, in place of the client's. A retry starts anew. */
  timeoutMs?: number | undefined;
  /** Says that sending this request twice does no more than sending it once, so that it may be retried. */
  repeatable?: boolean | undefined;
}

/** A gateway's whole answer, whatever its status: a `Response`, with `bytes()` on every platform. */
export interface FetchResponse extends Response {
  /** The body as bytes. */
  bytes(): Promise<Bytes>;
  clone(): FetchResponse;
}

/**
 * As the global `fetch`, with the session's credential, and for gateways only.
 *
 * ```ts
 * const response = await session.fetch('/orders', { signal });
 * const orders = await response.json();
 * ```
 *
 * - A path that begins with `/` goes to the default gateway; a URL must be of an allowed one.
 * - Every HTTP status is an answer. A 401 is arbitrated first: Appwrite is asked, once for all calls, whether the session lives. If
 *   it does, the gateway's 401 is returned as it is.
 * - The answer is read whole before the promise resolves. There is no `body` stream yet.
 * - Redirects are followed, and the credential does not go with them to another origin. `redirect: 'manual'` and `'error'` are
 *   refused; `mode`, `credentials`, `cache`, `integrity`, `keepalive`, `referrer` and `window` mean nothing here and are ignored.
 * - Aborting the signal aborts the request, and rejects with its reason. The session is not touched by that.
 *
 * @throws `origin_not_allowed`, `config`, `signed_out`, `mfa_required`, `storage_locked` and `presence_required` before anything was
 * sent; the network's errors. They are `SessionError`s, where other `fetch`es have a `TypeError` without words; a `TypeError` here is
 * a mistake in the arguments.
 */
export type Fetch = (input: string | URL | Request, init?: FetchInit) => Promise<FetchResponse>;

/** How calls are sent. A call is known by a number. */
export interface Sending {
  readonly send: (call: number, request: NativeRequest) => Promise<NativeResponse>;
  readonly cancel: (call: number) => void;
  /** Called when a call is settled: a 401 can have changed where the user stands. */
  readonly settle: () => void;
}

/** The `fetch` of one client. */
export function gatewayFetch({ send, cancel, settle }: Sending): Fetch {
  let calls = 0;
  return async (input, init) => {
    const { request, content, signal } = toOutgoing(input, init);
    if (signal?.aborted) {
      content.catch(() => undefined);
      throw abortReason(signal);
    }
    const { body, isBase64: bodyIsBase64 } = await untilAborted(content, signal, () => undefined);
    const call = ++calls;
    try {
      const sent = send(call, { ...request, body, bodyIsBase64 }).catch((rejection: unknown) => {
        throw isCancellation(rejection) ? abortError() : fromRejection(rejection);
      });
      const native = await untilAborted(sent, signal, () => {
        cancel(call);
      });
      return toResponse(native, request.method, signal);
    } finally {
      settle();
    }
  };
}
