/** Whether the user must prove to be there before the session is used: the policy, and what it remembers. */

/** How long a proof is good for. */
export interface Policy {
  policy: string;
  timeoutMs: number;
}

/** What a use of the session needs. */
export type Admission = 'granted' | 'ask' | 'denied';

/** What the policy is applied to. */
export class Attendance {
  private confirmedAt: number | undefined;
  private leftAt: number | undefined;

  constructor(private readonly policy: Policy) {}

  /** The user has proven to be there. */
  confirm(now: number): void {
    this.confirmedAt = now;
  }

  /** The app went to the background. */
  leave(now: number): void {
    this.leftAt ??= now;
  }

  /** The app came back. A proof that ran out meanwhile is forgotten. */
  comeBack(now: number): void {
    if (!this.isConfirmed(now)) {
      this.confirmedAt = undefined;
    }
    this.leftAt = undefined;
  }

  /** What a use of the session needs now. */
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

  /** A clock that was set back has told nothing about how long it was. */
  private isWithin(since: number, now: number): boolean {
    return now >= since && now - since <= this.policy.timeoutMs;
  }
}
