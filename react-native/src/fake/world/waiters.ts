/** Waits until something holds that others bring about. */

/** Whoever waits. */
export class Waiters {
  private waiting: { enough: () => boolean; resolve: () => void }[] = [];

  /** Waits until `enough` holds. */
  until(enough: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push({ enough, resolve });
      this.look();
    });
  }

  /** Something has changed. */
  look(): void {
    for (const { enough, resolve } of this.waiting) {
      if (enough()) resolve();
    }
    this.waiting = this.waiting.filter(({ enough }) => !enough());
  }
}
