/** Decides whether the user must confirm before the session is used. */

/** How long a confirmation is valid. */
export interface Policy {
  policy: string;
  timeoutMs: number;
}

/** Whether the session may be used: it may, the user must be asked, or the user cannot be asked. */
export type Admission = 'granted' | 'ask' | 'denied';

/** Applies the policy. */
export class Attendance {
  private confirmedAt: number | undefined;
  private leftAt: number | undefined;

  constructor(private readonly policy: Policy) {}

  /** The user has confirmed. */
  confirm(now: number): void {
    this.confirmedAt = now;
  }

  /** The app went to the background. */
  leave(now: number): void {
    this.leftAt ??= now;
  }

  /** The app came to the foreground. A confirmation that has expired is forgotten. */
  comeBack(now: number): void {
    if (!this.isConfirmed(now)) {
      this.confirmedAt = undefined;
    }
    this.leftAt = undefined;
  }

  /** Whether the session may be used now. */
  admission(now: number): Admission {
    if (this.isConfirmed(now)) {
      return 'granted';
    }
    return this.leftAt === undefined ? 'ask' : 'denied';
  }

  private isConfirmed(now: number): boolean {
    if (this.confirmedAt === undefined) {
      return false;
    }
    switch (this.policy.policy) {
      case 'always':
        return false;
      case 'session':
        return this.isWithin(this.confirmedAt, now);
      case 'lifecycle':
        return this.leftAt === undefined || this.isWithin(this.leftAt, now);
      default:
        return true;
    }
  }

  /** If the clock was set back, it is unknown how much time has passed. Then the time counts as over. */
  private isWithin(since: number, now: number): boolean {
    return now >= since && now - since <= this.policy.timeoutMs;
  }
}
