/** Sends requests as often and as long as the client is told to. Between two tries it does not wait. */

import type { HttpAnswer, HttpRequest } from '../world/http';
import type { Network } from '../world/network';
import { NetworkFailure } from '../world/network';
import { cancelled, networkFailed, timedOut, waitHint } from './failure';

/** Statuses that pass by themselves. */
const PASSING = [429, 502, 503, 504];
/** A server that asks for more than that gets no second try. */
const LONGEST_WAIT = 5_000;

/** How one request is to be sent. */
export interface Sending {
  /** In milliseconds, in place of the client's own. */
  timeoutMs?: number | undefined;
  /** Whether sending it twice does no more than sending it once. */
  repeatable: boolean;
  /** Aborts it. */
  signal?: AbortSignal | undefined;
}

/** Sends requests. */
export class Transport {
  constructor(
    private readonly network: Network,
    private readonly totalMs: number,
    private readonly attempts: number,
  ) {}

  /** Sends a request; fails with `network`, `timeout` or `cancelled`. */
  async send(request: HttpRequest, sending: Sending): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= this.attempts;
      try {
        const answer = await this.once(request, sending);
        const passes = PASSING.includes(answer.status) && (waitHint(answer) ?? 0) <= LONGEST_WAIT;
        if (isLast || !sending.repeatable || !passes) {
          return answer;
        }
      } catch (failure) {
        if (sending.signal?.aborted) {
          throw cancelled();
        }
        if (!(failure instanceof NetworkFailure)) {
          throw failure;
        }
        if (failure.kind === 'aborted') {
          throw timedOut();
        }
        if (isLast || (failure.sent && !sending.repeatable)) {
          throw networkFailed();
        }
      }
    }
  }

  /** One try, which ends with the caller's signal or with the time. */
  private async once(request: HttpRequest, { timeoutMs, signal }: Sending): Promise<HttpAnswer> {
    const ending = new AbortController();
    const abort = () => {
      ending.abort();
    };
    signal?.addEventListener('abort', abort);
    const timer = setTimeout(abort, timeoutMs ?? this.totalMs);
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
