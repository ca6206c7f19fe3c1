/// <reference types="node" />

/** What the module asks of its system: the time, randomness, and a place for messages. There are no files, arguments or variables. */

import { randomFillSync } from 'node:crypto';

const SUCCESS = 0;
const BAD_FILE = 8;
const REALTIME = 0;
const NANOS = 1_000_000n;

/** The clocks of the module. Both go by `Date`, so that a test's fake timers move them. */
export class Clocks {
  private shown = 0;
  private ahead = 0;

  /** Milliseconds that never go back. */
  monotonic(): number {
    const now = Date.now() + this.ahead;
    if (now < this.shown) {
      this.ahead += this.shown - now;
    } else {
      this.shown = now;
    }
    return this.shown;
  }

  /** At least so much has passed: a timer for that moment has fired. Not every kind of fake timers moves `Date`. */
  reach(moment: number): void {
    const missing = moment - this.monotonic();
    if (missing > 0) this.ahead += missing;
  }
}

/** The imports of `wasi_snapshot_preview1` that the module has. */
export function wasi(clocks: Clocks, memory: () => ArrayBuffer): Record<string, unknown> {
  const put = (at: number, value: number) => {
    new DataView(memory()).setUint32(at, value, true);
  };
  return {
    clock_time_get(clock: number, _precision: bigint, at: number) {
      const millis = clock === REALTIME ? Date.now() : clocks.monotonic();
      new DataView(memory()).setBigUint64(at, BigInt(Math.floor(millis)) * NANOS, true);
      return SUCCESS;
    },
    random_get(at: number, length: number) {
      randomFillSync(new Uint8Array(memory(), at, length));
      return SUCCESS;
    },
    environ_get: () => SUCCESS,
    environ_sizes_get(count: number, length: number) {
      put(count, 0);
      put(length, 0);
      return SUCCESS;
    },
    fd_close: () => BAD_FILE,
    fd_filestat_get: () => BAD_FILE,
    fd_read: () => BAD_FILE,
    fd_write: () => BAD_FILE,
    proc_exit(code: number) {
      throw new Error(`the module has ended with ${code}`);
    },
  };
}
