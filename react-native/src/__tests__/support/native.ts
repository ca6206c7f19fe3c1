/** A stand-in for the native side, which does what a test tells it: promises wait until they are settled. */

import type { NativeAccountsState, NativeChange, NativeError, NativeTransfer, Spec } from '../../NativeAppwriteSession';

/** A call that waits for the test to settle it. */
interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly resolve: (value?: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** The first change of every client. */
const RESTORING: NativeChange = {
  client: 1,
  number: 0,
  kind: 'restoring',
  factors: [],
  verified: false,
  persistence: 'durable',
};

const SYNC = ['pause', 'cancel'];

/** What a test sees and does of the native side. */
export class StubNative {
  /** Every call, in order. */
  calls: Call[] = [];
  private listeners = new Set<(change: NativeChange) => void>();
  private accountsListeners = new Set<(event: NativeAccountsState) => void>();
  private transferListeners = new Set<(transfer: NativeTransfer) => void>();
  private latest = RESTORING;
  private accounts = '';
  private opening: { client: number; error?: NativeError } = { client: 1 };

  /** The module that the code under test imports. */
  readonly module = new Proxy({} as Spec, {
    // Its own members, not those of its class: `call` of the module is another one.
    get: (_, method: string) => (Object.hasOwn(this, method) ? this[method as keyof this] : this.method(method)),
  });

  /** What JavaScript asks without waiting. */
  readonly change = (): NativeChange => this.latest;

  /** What the core's rule for repetitions says. */
  repetition = false;

  readonly allowsRepetition = (...args: unknown[]): boolean => {
    void this.record('allowsRepetition', args);
    return this.repetition;
  };

  readonly createClient = (...args: unknown[]): { client: number; error?: NativeError } => {
    void this.record('createClient', args);
    return this.opening;
  };

  readonly createAccounts = (...args: unknown[]): { client: number; error?: NativeError } => {
    void this.record('createAccounts', args);
    return this.opening;
  };

  readonly onChange = (listener: (change: NativeChange) => void): { remove: () => void } => {
    this.listeners.add(listener);
    return { remove: () => this.listeners.delete(listener) };
  };

  readonly onAccountsState = (listener: (event: NativeAccountsState) => void): { remove: () => void } => {
    this.accountsListeners.add(listener);
    return { remove: () => this.accountsListeners.delete(listener) };
  };

  readonly onTransfer = (listener: (transfer: NativeTransfer) => void): { remove: () => void } => {
    this.transferListeners.add(listener);
    return { remove: () => this.transferListeners.delete(listener) };
  };

  /** What JavaScript asks without waiting. */
  readonly accountsState = (): string => this.accounts;

  /** As at the beginning. */
  reset(): void {
    this.calls = [];
    this.listeners.clear();
    this.accountsListeners.clear();
    this.transferListeners.clear();
    this.latest = RESTORING;
    this.accounts = '';
    this.opening = { client: 1 };
    this.repetition = false;
  }

  /** The next client cannot be built. */
  refuse(error: NativeError): void {
    this.opening = { client: 0, error };
  }

  /** The next clients have that number. */
  number(client: number): void {
    this.opening = { client };
  }

  /** How many listen to events. */
  get ears(): number {
    return this.listeners.size + this.accountsListeners.size;
  }

  /** How many listen to transfers. */
  get transferEars(): number {
    return this.transferListeners.size;
  }

  /** A transfer reaches JavaScript. */
  emitTransfer(transfer: NativeTransfer): void {
    for (const listener of this.transferListeners) listener(transfer);
  }

  /** The accounts changed: what is asked says so at once, the event comes with {@link emitAccounts}. */
  setAccounts(number: number, ids: string[], current?: string): NativeAccountsState {
    const accounts = ids.map((id) => ({ id, user: { id: `user-${id}`, name: id }, isCurrent: id === current }));
    this.accounts = JSON.stringify({ number, accounts, current });
    return { accounts: this.opening.client, stateJson: this.accounts };
  }

  /** An event reaches JavaScript. */
  emitAccounts(event: NativeAccountsState): void {
    for (const listener of this.accountsListeners) listener(event);
  }

  /** Something changed: the last change says so at once, the event comes with {@link emit}. */
  set(change: Partial<NativeChange>): NativeChange {
    this.latest = { ...RESTORING, number: this.latest.number + 1, ...change };
    return this.latest;
  }

  /** An event reaches JavaScript. */
  emit(change: NativeChange): void {
    for (const listener of this.listeners) listener(change);
  }

  /** Both at once. */
  publish(change: Partial<NativeChange>): void {
    this.emit(this.set(change));
  }

  /** The last call of that method. */
  call(method: string): Call {
    const found = this.calls.filter((call) => call.method === method).at(-1);
    if (!found) throw new Error(`nobody called ${method}`);
    return found;
  }

  private method(method: string): (...args: unknown[]) => unknown {
    return (...args) => {
      const promise = this.record(method, args);
      return SYNC.includes(method) ? undefined : promise;
    };
  }

  private record(method: string, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.calls.push({ method, args, resolve, reject });
    });
  }
}

/** What a promise of the native side is rejected with. */
export function rejection(error: Partial<NativeError> & { code: string }): Error {
  const userInfo = { message: 'why', retryable: false, mayHaveArrived: false, ...error };
  return Object.assign(new Error(userInfo.message), { code: error.code, userInfo });
}

/** The one stub of a test file. */
export const native = new StubNative();
