/** How often Appwrite may be asked because a gateway answered 401: the same pure circuit breaker as the core's. */

/** An answer about a credential is not asked for again this soon. */
const FRESH = 2_000;
/** So many probes may follow each other closely … */
const BURST = 5;
/** … and then one each so often. */
const REFILL = 20_000;

/** A token bucket with a memory of the last answer. */
export class Breaker {
  private tokens = BURST;
  private refilledAt: number;
  private last: { epoch: number; at: number } | undefined;

  constructor(now: number) {
    this.refilledAt = now;
  }

  /** Whether a probe of this credential may start, which takes a token. */
  admits(epoch: number, now: number): boolean {
    const age = now - (this.last?.at ?? 0);
    if (this.last?.epoch === epoch && age >= 0 && age < FRESH) {
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

  /** Notes that a probe has ended. */
  probed(epoch: number, now: number): void {
    this.last = { epoch, at: now };
  }
}
