/** Work that runs to its end even if its caller is gone, and work that several callers share. */

import { closed } from './failure';

/** The work of one client. */
export class Tasks {
  isClosed = false;
  private readonly underWay = new Set<Promise<unknown>>();

  /** Runs work that `idle` waits for. Fails with `closed` if the client is closed. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.isClosed) {
      return Promise.reject(closed());
    }
    const running = work();
    const noted = running
      .catch(() => undefined)
      .finally(() => {
        this.underWay.delete(noted);
      });
    this.underWay.add(noted);
    return running;
  }

  /** Waits until no work is running. */
  async idle(): Promise<void> {
    while (this.underWay.size > 0) {
      await Promise.all(this.underWay);
    }
  }
}

/** Shares one run among all callers that ask for the same at the same time. */
export class SingleFlight<K, T> {
  private current: { key: K; run: Promise<T> } | undefined;

  /** The result of the run for that key: the one that is running, or the one that `start` begins. `undefined` if it begins none. */
  async run(key: K, start: () => Promise<T> | undefined): Promise<T | undefined> {
    if (this.current?.key === key) {
      return this.current.run;
    }
    const run = start();
    if (run) {
      const flight = { key, run };
      this.current = flight;
      await run.catch(() => undefined);
      this.current = this.current === flight ? undefined : this.current;
    }
    return run;
  }
}
