/** The device: its secure stores with the faults that a test sets, the marker of the installation, and the presence check. */

/** A fault of a store. `throws` is an exception that no store should throw. */
export type StoreFault = 'locked' | 'corrupt' | 'unavailable' | 'throws';

/** The failure of a store. */
export class StoreFailure extends Error {
  constructor(readonly fault: 'locked' | 'corrupt' | 'unavailable') {
    super(`the store is ${fault}`);
  }
}

/** A secure store. Its content outlives the app's process. */
export class FakeStore {
  private readonly records = new Map<string, string>();
  private broken: StoreFault | null = null;
  /** Records that are found at the next reading, by account slot. */
  private readonly seeds = new Map<string, string>();

  /** @internal */
  constructor(private readonly healed: () => void = () => undefined) {}

  /** Whether anything is stored. */
  get isEmpty(): boolean {
    return this.records.size === 0;
  }

  /** Makes the store fail in that way from now on; `null` makes it work again. So does setting a `corrupt` record aside. */
  fault(fault: StoreFault | null): void {
    this.broken = fault;
    if (fault === null) {
      this.healed();
    }
  }

  /** @internal */
  load(key: string): string | undefined {
    this.check();
    const slot = key.split('#')[2] ?? '';
    const seed = this.seeds.get(slot);
    if (seed !== undefined && !this.records.has(key)) this.records.set(key, seed);
    this.seeds.delete(slot);
    return this.records.get(key);
  }

  /** The next client of an account slot finds that record. @internal */
  seed(slot: string, record: string): void {
    for (const key of this.records.keys()) if (key.split('#')[2] === slot) this.records.delete(key);
    this.seeds.set(slot, record);
  }

  /** @internal */
  save(key: string, record: string): void {
    this.check();
    this.records.set(key, record);
  }

  /** @internal */
  clear(key: string): void {
    this.check();
    this.records.delete(key);
  }

  /** Sets a record aside, also a corrupt one. @internal */
  quarantine(key: string): void {
    const record = this.records.get(key);
    this.records.delete(key);
    if (record !== undefined) {
      this.records.set(`${key}#quarantine`, record);
    }
    this.broken = null;
  }

  /** Forgets everything. @internal */
  reset(): void {
    this.records.clear();
    this.seeds.clear();
    this.broken = null;
  }

  private check(): void {
    if (this.broken === 'throws') {
      throw new Error('a fault that a test has set');
    }
    if (this.broken) {
      throw new StoreFailure(this.broken);
    }
  }
}

/** The presence check: biometrics or the device passcode. */
export class FakePresence {
  /** Whether the user confirms when asked. */
  present = true;
  /** How often the user was asked. */
  asked = 0;

  /** @internal */
  async confirm(): Promise<boolean> {
    this.asked += 1;
    return Promise.resolve(this.present);
  }
}

/** One device. */
export class Device {
  readonly presence = new FakePresence();
  /** The store and the marker of the installation that the next client gets. */
  next = { store: 'device', installation: 'app' };
  /** Is called when a store works again. */
  healed: () => void = () => undefined;
  private readonly stores = new Map<string, FakeStore>();
  private readonly markers = new Map<string, string>();
  private written = 0;

  /** The store of that name. It is created when it is first used. */
  store(name: string): FakeStore {
    const store =
      this.stores.get(name) ??
      new FakeStore(() => {
        this.healed();
      });
    this.stores.set(name, store);
    return store;
  }

  /** The marker of this installation of the app; `undefined` if none was written yet. */
  marker(name: string): string | undefined {
    return this.markers.get(name);
  }

  /** The marker of this installation, which is written if there is none. */
  writtenMarker(name: string): string {
    const marker = this.markers.get(name) ?? `installation-${++this.written}`;
    this.markers.set(name, marker);
    return marker;
  }

  /** Removes what is removed with the app. The stores stay, as iOS's Keychain does. */
  uninstall(): void {
    this.markers.clear();
  }

  /** A new device. */
  reset(): void {
    this.uninstall();
    this.stores.forEach((store) => {
      store.reset();
    });
    Object.assign(this.presence, { present: true, asked: 0 });
  }
}
