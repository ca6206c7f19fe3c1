/** Faults that a test orders: what goes wrong with the next requests of a route. */

import { Waiters } from './waiters';

/**
 * What goes wrong:
 *
 * - `'hold'`: the request waits until it is released, then is served.
 * - `'holdAnswer'`: the request is served, and its answer waits until it is released.
 * - `'hang'`: nothing is ever answered.
 * - `'network'`: the connection breaks before anything is done.
 * - `'lostAnswer'`: the work is done, then the connection breaks.
 * - `{ status, retryAfter }`: an error of that status, without any work done; `retryAfter` in seconds.
 * - `{ status, html: true }`: a page of that status, as a proxy would show it.
 */
export type Fault =
  'hold' | 'holdAnswer' | 'hang' | 'network' | 'lostAnswer' | { status: number; retryAfter?: number; html?: boolean };

/** Which requests a fault strikes, and how many. */
export interface FaultOptions {
  /** How many requests; 1 if nothing is said. */
  times?: number;
  /** Only those to `appwrite`, `gateway`, or another site's origin. */
  to?: string;
}

/** A fault that was ordered. */
export class OrderedFault {
  /** How many requests it has struck. */
  hits = 0;
  private isReleased = false;
  private readonly waiters = new Waiters();

  /** @internal */
  constructor(
    readonly fault: Fault,
    private readonly aim: { method: string | undefined; path: string },
    private readonly options: FaultOptions,
  ) {}

  /** Waits until it has struck so many requests. */
  struck(times = 1): Promise<void> {
    return this.waiters.until(() => this.hits >= times);
  }

  /** Lets go of everything that it holds, now and from now on. */
  release(): void {
    this.isReleased = true;
    this.waiters.look();
  }

  /** Waits until what it holds is let go. @internal */
  released(): Promise<void> {
    return this.waiters.until(() => this.isReleased);
  }

  /** Whether it strikes this request, which counts. @internal */
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

/** The faults of a world, in the order in which they were made. */
export class Faults {
  private ordered: OrderedFault[] = [];

  /** Orders a fault for the requests of an aim: `'GET /orders'`, or `'/orders/*'` for any method and every path below. */
  order(aim: string, fault: Fault, options: FaultOptions): OrderedFault {
    const [, method, path] = /^(?:([A-Z]+) )?(\/\S*)$/.exec(aim) ?? [];
    if (path === undefined) {
      throw new Error(`a fault is aimed at 'GET /orders' or '/orders/*', not at '${aim}'`);
    }
    const made = new OrderedFault(fault, { method, path }, options);
    this.ordered.push(made);
    return made;
  }

  /** The fault that strikes a request, if any. */
  strike(to: string, method: string, path: string): OrderedFault | undefined {
    return this.ordered.find((each) => each.strikes(to, method, path));
  }

  /** Forgets all faults, and lets go of what they hold. */
  clear(): void {
    this.ordered.forEach((each) => {
      each.release();
    });
    this.ordered = [];
  }
}
