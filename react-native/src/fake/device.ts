/** The device: its secure store, and the presence check. */

import type { Core } from './core';

/** A fault of a store. `throws` is an exception that no store should throw. */
export type StoreFault = 'locked' | 'corrupt' | 'unavailable' | 'throws';

/** A secure store. Its content outlives the app's process. */
export class FakeStore {
  /** @internal */
  constructor(
    private readonly core: Core,
    private readonly name: string,
  ) {}

  /** Whether nothing is stored. */
  get isEmpty(): boolean {
    return this.core.tell({ do: 'isEmpty', store: this.name }) as boolean;
  }

  /** Makes the store fail in that way from now on; `null` makes it work again. So does setting a `corrupt` record aside. */
  fault(fault: StoreFault | null): void {
    this.core.tell({ do: 'fault', store: this.name, fault });
    if (fault === null) this.core.tell({ do: 'nudge' });
  }
}

/** The presence check: biometrics or the device passcode. */
export class FakePresence {
  /** @internal */
  constructor(private readonly core: Core) {}

  /** Whether the user confirms when asked. */
  get present(): boolean {
    return this.now.present;
  }
  set present(present: boolean) {
    this.core.tell({ do: 'present', present });
  }

  /** How often the user was asked. */
  get asked(): number {
    return this.now.asked;
  }

  private get now() {
    return this.core.tell({ do: 'presence' }) as { present: boolean; asked: number };
  }
}
