/** The device: its secure stores, as broken as a test wants them, the marker of the installation, and whoever holds it in hand. */

/** What is wrong with a store. `throws` is an exception that no store should throw. */
export type StoreFault = 'locked' | 'corrupt' | 'unavailable' | 'throws';

/** What a store says when it cannot do what it is asked. */
export class StoreFailure extends Error {
  constructor(readonly fault: 'locked' | 'corrupt' | 'unavailable') {
    super(`the store is ${fault}`);
  }
}

/** A secure store. What it holds outlives the app's process. */
export class FakeStore {
  private readonly records = new Map<string, string>();
  private broken: StoreFault | null = null;
  /** What is found where nothing is stored yet, by account slot. */
  private readonly seeds = new Map<string, string>();

  /** @internal */
  constructor(private readonly healed: () => void = () => undefined) {}

  /** Whether anything is stored. */
  get isEmpty(): boolean {
    return this.records.size === 0;
  }

  /** Lets it fail in that way from now on, or heals it (`null`). A `corrupt` record is set aside when it is read, which heals it. */
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

  /** Lets the next client of an account slot find that record. @internal */
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

  /** Sets a record aside; what cannot be read can be. @internal */
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
      throw new Error('the store was told to throw');
    }
    if (this.broken) {
      throw new StoreFailure(this.broken);
    }
  }
}

/** Who has the device in hand when the app wants to know whether its user is there. */
export class FakePresence {
  /** Whether the user proves to be there when asked. */
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
  /** Called when a store works again. */
  healed: () => void = () => undefined;
  private readonly stores = new Map<string, FakeStore>();
  private readonly markers = new Map<string, string>();
  private written = 0;

  /** The store of that name, made at its first mention. */
  store(name: string): FakeStore {
    const store =
      this.stores.get(name) ??
      new FakeStore(() => {
        this.healed();
      });
    this.stores.set(name, store);
    return store;
  }

  /** What names this installation of the app; `undefined` if nothing was written there yet. */
  marker(name: string): string | undefined {
    return this.markers.get(name);
  }

  /** As `marker`, written if there is none. */
  writtenMarker(name: string): string {
    const marker = this.markers.get(name) ?? `installation-${++this.written}`;
    this.markers.set(name, marker);
    return marker;
  }

  /** Removes what goes with the app; the stores stay, as iOS's Keychain does. */
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
