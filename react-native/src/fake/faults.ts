/** Faults that a test sets for the next requests of a route. */

import type { Core } from './core';

/**
 * A fault:
 *
 * - `'hold'`: the request waits until it is released, and is served then.
 * - `'holdAnswer'`: the request is served, and its answer waits until it is released.
 * - `'hang'`: nothing is ever answered.
 * - `'network'`: the connection breaks before the server has done anything.
 * - `'lostAnswer'`: the server does the work, and the connection breaks then.
 * - `{ status, retryAfter }`: an error with that status, without any work done; `retryAfter` in seconds, with 429 and 503.
 * - `{ status, html: true }`: an HTML page with that status, as a proxy would send it.
 */
export type Fault =
  'hold' | 'holdAnswer' | 'hang' | 'network' | 'lostAnswer' | { status: number; retryAfter?: number; html?: boolean };

/** Which requests a fault affects, and how many. */
export interface FaultOptions {
  /** How many requests; 1 if not set. */
  times?: number;
  /** Only those to `appwrite`, `gateway`, or another site's origin. */
  to?: string;
}

/** A fault that a test has set. */
export class OrderedFault {
  /** @internal */
  constructor(
    private readonly core: Core,
    private readonly id: number,
  ) {}

  /** How many requests it has affected. */
  get hits(): number {
    return (this.core.control('GET', `/faults/${this.id}`) as { hits: number }).hits;
  }

  /** Waits until it has affected that many requests. */
  async struck(times = 1): Promise<void> {
    await this.core.call('struck', this.id, times);
  }

  /** Releases all requests that it holds, and holds none from now on. */
  release(): void {
    this.core.control('POST', `/faults/${this.id}/release`);
  }
}

/** Sets a fault for the requests of a route: `'GET /orders'`, or `'/orders/*'` for any method and every path below. */
export function order(core: Core, aim: string, fault: Fault, options: FaultOptions): OrderedFault {
  const [, method, path] = /^(?:([A-Z]+) )?(\/\S*)$/.exec(aim) ?? [];
  if (path === undefined) {
    throw new Error(`the route of a fault is written as 'GET /orders' or '/orders/*', not as '${aim}'`);
  }
  const { times, to: listener } = options;
  const wanted = { method, path, listener, times, fault: kindOf(fault) };
  const { id } = core.control('POST', '/faults', wanted) as { id: number };
  return new OrderedFault(core, id);
}

const KINDS = {
  network: 'reset_before',
  lostAnswer: 'reset_after',
  hold: 'hold',
  holdAnswer: 'hold_answer',
  hang: 'hang',
};

/** A fault in the mock's words. */
function kindOf(fault: Fault): object {
  if (typeof fault === 'string') return { kind: KINDS[fault] };
  const { status, retryAfter, html } = fault;
  if (html) return { kind: 'html', status };
  if (retryAfter === undefined) return { kind: 'status', status };
  switch (status) {
    case 429:
      return { kind: 'rate_limited', retryAfter };
    case 503:
      return { kind: 'unavailable', retryAfter };
    default:
      throw new Error(`a server asks to wait with 429 or 503, not with ${status}`);
  }
}
