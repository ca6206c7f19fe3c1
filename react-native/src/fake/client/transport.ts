/** Sends requests, with the number of attempts and the time limit of the client. It does not wait between two attempts. */

import type { HttpAnswer, HttpRequest } from '../world/http';
import type { Network } from '../world/network';
import { NetworkFailure } from '../world/network';
import { cancelled, transportFailed, waitHint } from './failure';

/** Statuses that pass by themselves. */
const PASSING = [429, 502, 503, 504];
/** If a server asks for a longer wait, there is no second attempt. */
const LONGEST_WAIT = 5_000;

/** How one request is sent. */
export interface Sending {
  /** Until when, as by `Transport.deadline`. */
  deadline: number;
  /** Whether the request is idempotent. */
  idempotent: boolean;
  /** The call that the request belongs to: whether a part of it was sent before, and whether it is idempotent. */
  whole?: { wasSent: boolean; idempotent: boolean } | undefined;
  /** Aborts the request. */
  signal?: AbortSignal | undefined;
}

/** Sends requests. */
export class Transport {
  constructor(
    private readonly network: Network,
    private readonly totalMs: number,
    private readonly attempts: number,
  ) {}

  /** When a call ends that begins now. The time is given in milliseconds, and is the client's if it is not given. */
  deadline(timeoutMs: number | undefined): number {
    return Date.now() + (timeoutMs ?? this.totalMs);
  }

  /** Sends the request that `outgoing` makes for each attempt. Fails with `network`, `timeout` or `cancelled`. */
  async send(outgoing: () => HttpRequest, sending: Sending): Promise<HttpAnswer> {
    const { idempotent, whole = { wasSent: false, idempotent } } = sending;
    let wasSent = whole.wasSent;
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= this.attempts;
      try {
        const answer = await this.once(outgoing(), sending);
        const passes = PASSING.includes(answer.status) && (waitHint(answer) ?? 0) <= LONGEST_WAIT;
        if (isLast || !idempotent || !passes) {
          return answer;
        }
        wasSent = true;
      } catch (failure) {
        if (sending.signal?.aborted) {
          throw cancelled();
        }
        if (!(failure instanceof NetworkFailure)) {
          throw failure;
        }
        wasSent ||= failure.sent;
        if (isLast || failure.kind === 'aborted' || (failure.sent && !idempotent)) {
          const cause = failure.kind === 'aborted' ? 'timed_out_total' : failure.kind;
          throw transportFailed(cause, wasSent, whole.idempotent);
        }
      }
    }
  }

  /** One attempt, which ends with the caller's signal or at the deadline. */
  private async once(request: HttpRequest, { deadline, signal }: Sending): Promise<HttpAnswer> {
    const ending = new AbortController();
    const abort = () => {
      ending.abort();
    };
    signal?.addEventListener('abort', abort);
    const timer = setTimeout(abort, Math.max(0, deadline - Date.now()));
    if (signal?.aborted) {
      abort();
    }
    try {
      return await this.network.send(request, 'app', ending.signal);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }
}
