/** Faults that a test sets for the next requests of a route. */

import { Waiters } from './waiters';

/**
 * A fault:
 *
 * - `'hold'`: the request waits until it is released, and is served then.
 * - `'holdAnswer'`: the request is served, and its answer waits until it is released.
 * - `'hang'`: nothing is ever answered.
 * - `'network'`: the connection breaks before the server has done anything.
 * - `'lostAnswer'`: the server does the work, and the connection breaks then.
 * - `{ status, retryAfter }`: an error with that status, without any work done; `retryAfter` in seconds.
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
  /** How many requests it has affected. */
  hits = 0;
  private isReleased = false;
  private readonly waiters = new Waiters();

  /** @internal */
  constructor(
    readonly fault: Fault,
    private readonly aim: { method: string | undefined; path: string },
    private readonly options: FaultOptions,
  ) {}

  /** Waits until it has affected that many requests. */
  struck(times = 1): Promise<void> {
    return this.waiters.until(() => this.hits >= times);
  }

  /** Releases all requests that it holds, and holds none from now on. */
  release(): void {
    this.isReleased = true;
    this.waiters.look();
  }

  /** Waits until it is released. @internal */
  released(): Promise<void> {
    return this.waiters.until(() => this.isReleased);
  }

  /** Whether it affects this request, which is counted. @internal */
  strikes(to: string, method: string, path: string): boolean {
    const { aim, options } = this;
    const isAimedAt = aim.path.endsWith('*') ? path.startsWith(aim.path.slice(0, -1)) : path === aim.path;
    const strikes =
      this.hits < (options.times ?? 1) && (options.to ?? to) === to && (aim.method ?? method) === method && isAimedAt;
    if (strikes) {
      this.hits += 1;
      this.waiters.look();
    }
    return strikes;
  }
}

/** The faults of a world, in the order in which they were set. */
export class Faults {
  private ordered: OrderedFault[] = [];

  /** Sets a fault for the requests of a route: `'GET /orders'`, or `'/orders/*'` for any method and every path below. */
  order(aim: string, fault: Fault, options: FaultOptions): OrderedFault {
    const [, method, path] = /^(?:([A-Z]+) )?(\/\S*)$/.exec(aim) ?? [];
    if (path === undefined) {
      throw new Error(`the route of a fault is written as 'GET /orders' or '/orders/*', not as '${aim}'`);
    }
    const made = new OrderedFault(fault, { method, path }, options);
    this.ordered.push(made);
    return made;
  }

  /** The fault that affects a request, if any. */
  strike(to: string, method: string, path: string): OrderedFault | undefined {
    return this.ordered.find((each) => each.strikes(to, method, path));
  }

  /** Removes all faults, and releases what they hold. */
  clear(): void {
    this.ordered.forEach((each) => {
      each.release();
    });
    this.ordered = [];
  }
}
