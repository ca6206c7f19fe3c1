/** The `fetch` of a client. The native side sends the request with the credential. */

import { fromRejection, isCancellation } from '../errors';
import type { NativeRequest, NativeResponse, NativeTransfer } from '../NativeAppwriteSession';
import { abortError, abortReason, untilAborted } from './abort';
import type { Bytes } from './bytes';
import { toOutgoing } from './request';
import type { UploadFile } from './file';
import { toResponse } from './response';
import { reporting, type Transfer } from './transfer';

/** The options of a call: those of every `fetch`, and some more. */
export interface FetchInit extends Omit<RequestInit, 'body'> {
  /**
   * A string, `URLSearchParams`, bytes, a `Blob`, a file by its URI, or a `FormData` of strings, blobs and files. The native side reads
   * files; none of their bytes reach JavaScript.
   */
  body?: RequestInit['body'] | URLSearchParams | UploadFile | undefined;
  /**
   * The time for the whole call in milliseconds, in place of the client's: attempts, redirects, the answer's body and the arbitration of
   * a 401.
   */
  timeoutMs?: number | undefined;
  /** Says that the request is idempotent: sending it twice has the effect of sending it once. So it may be sent again. */
  idempotent?: boolean | undefined;
  /** How many bytes the body of the answer may have, in place of the client's limit. It is held in memory. */
  responseLimit?: number | undefined;
  /**
   * Called with how far the body of the request has come. The last call says that all of it was sent, and happens before the promise
   * resolves. A call that is sent again begins again at zero. It is not called after an abort.
   */
  onProgress?: ((transfer: Transfer) => void) | undefined;
}

/** A gateway's whole answer, whatever its status: a `Response`, with `bytes()` on every platform. */
export interface FetchResponse extends Response {
  /** The headers. `getSetCookie()` returns the lines of `Set-Cookie` one by one, on every platform. */
  readonly headers: Headers & { getSetCookie(): string[] };
  /** The body as bytes. */
  bytes(): Promise<Bytes>;
  /**
   * This answer, if its status is 2xx.
   *
   * @throws `unexpected_status` otherwise, with the `status` and, if the gateway sent one, the `problem` document.
   */
  requireSuccess(): FetchResponse;
  clone(): FetchResponse;
}

/**
 * The same as the global `fetch`, with the session's credential, and for gateways only.
 *
 * ```ts
 * const response = await session.fetch('/orders', { signal });
 * const orders = await response.requireSuccess().json();
 * ```
 *
 * - A path that begins with `/` goes to the default gateway; a URL must be of an allowed one.
 * - Every HTTP status is an answer; `requireSuccess()` makes an error of those other than 2xx. A 401 is arbitrated first: Appwrite is
 *   asked, once for all calls, whether the session is still valid. If it is, the gateway's 401 is returned unchanged.
 * - The answer is read completely before the promise resolves. There is no `body` stream yet.
 * - Redirects are followed. The credential is not sent to another origin. `redirect: 'manual'` and `'error'` are refused. `mode`,
 *   `credentials`, `cache`, `integrity`, `keepalive`, `referrer` and `window` are ignored.
 * - Header lines with the same name stay separate if `headers` is an array of pairs, and in an answer for `headers.getSetCookie()`.
 * - Aborting the signal aborts the request, and rejects with the signal's reason. The session is not changed by that.
 *
 * @throws `origin_not_allowed`, `config`, `signed_out`, `mfa_required`, `storage_locked` and `presence_required` before anything was
 * sent; `file_failed` if a file could not be read; `response_too_large`; the errors of the network, whose `failureCause` says what failed. They are `SessionError`s. A `TypeError`
 * is a mistake in the arguments.
 */
export type Fetch = (input: string | URL | Request, init?: FetchInit) => Promise<FetchResponse>;

/** How calls are sent. A call is identified by a number. */
export interface Sending {
  readonly send: (call: number, request: NativeRequest) => Promise<NativeResponse>;
  readonly cancel: (call: number) => void;
  /** Calls `listener` with the transfers of a call, until the returned function is called. */
  readonly observe: (call: number, listener: (transfer: NativeTransfer) => void) => () => void;
  /** Called when a call has ended: a 401 can have changed the state. */
  readonly onEnd: () => void;
}

/** The `fetch` of one client. */
export function gatewayFetch({ send, cancel, observe, onEnd }: Sending): Fetch {
  let calls = 0;
  return async (input, init) => {
    const { request, payload, signal } = toOutgoing(input, init);
    if (signal?.aborted) {
      payload.catch(() => undefined);
      throw abortReason(signal);
    }
    const body = await untilAborted(payload, signal, () => undefined);
    const call = ++calls;
    const unobserve = init?.onProgress && observe(call, reporting(init.onProgress));
    try {
      const sent = send(call, { ...request, ...body }).catch((rejection: unknown) => {
        throw isCancellation(rejection) ? abortError() : fromRejection(rejection);
      });
      const native = await untilAborted(sent, signal, () => {
        cancel(call);
      });
      return toResponse(native, request.method, signal);
    } finally {
      unobserve?.();
      onEnd();
    }
  };
}
