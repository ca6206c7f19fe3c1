/** Limits how often Appwrite is asked because a gateway answered 401. It is the same circuit breaker as the core's. */

/** For how long an answer about a credential is not asked for again. */
const FRESH = 2_000;
/** How many probes may follow each other immediately. */
const BURST = 5;
/** After that, the time from one probe to the next. */
const REFILL = 20_000;

/** A token bucket, which also remembers the last answer. */
export class Breaker {
  private tokens = BURST;
  private refilledAt: number;
  private last: { epoch: number; at: number; isAlive: boolean } | undefined;

  constructor(now: number) {
    this.refilledAt = now;
  }

  /** Whether a probe of this credential may start. If so, it takes a token. */
  admits(epoch: number, now: number): boolean {
    if (this.fresh(epoch, now)) {
      return false;
    }
    const waited = Math.max(0, now - this.refilledAt);
    this.tokens = Math.min(BURST, this.tokens + waited / REFILL);
    this.refilledAt = now;
    if (this.tokens < 1) {
      return false;
    }
    this.tokens -= 1;
    return true;
  }

  /** Notes that a probe has ended, and whether Appwrite accepts the credential. */
  probed(epoch: number, now: number, isAlive: boolean): void {
    this.last = { epoch, at: now, isAlive };
  }

  /** Whether Appwrite has accepted this credential a moment ago. */
  isAlive(epoch: number, now: number): boolean {
    return this.fresh(epoch, now)?.isAlive === true;
  }

  private fresh(epoch: number, now: number) {
    const age = now - (this.last?.at ?? 0);
    return this.last?.epoch === epoch && age >= 0 && age < FRESH ? this.last : undefined;
  }
}
