/** Waits for conditions. */

/** Callers that wait for a condition. */
export class Waiters {
  private waiting: { enough: () => boolean; resolve: () => void }[] = [];

  /** Waits until `enough` holds. */
  until(enough: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push({ enough, resolve });
      this.look();
    });
  }

  /** Checks the conditions, after something has changed. */
  look(): void {
    for (const { enough, resolve } of this.waiting) {
      if (enough()) resolve();
    }
    this.waiting = this.waiting.filter(({ enough }) => !enough());
  }
}
