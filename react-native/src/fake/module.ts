/** The fake of the native module: each function of the specification, handed to the core. */

import type {
  NativeAccount,
  NativeAccountsState,
  NativeAuthorization,
  NativeChange,
  NativeConfig,
  NativeMfaChallenge,
  NativeOpening,
  NativeRequest,
  NativeResponse,
  NativeSession,
  NativeTransfer,
  Spec,
} from '../NativeAppwriteSession';
import { type Core, Failure } from './core';
import type { FakeFiles } from './files';
import type { FakeScreens } from './screens';

/** The store and the marker of the installation that a client has. */
export interface Place {
  store: string;
  installation: string;
}

/** What a client was built from. */
interface Built {
  config: NativeConfig;
  place: Place;
  /** The configuration as text. */
  text: string;
  /** Names the record of the client in the store, in one spelling. */
  record: string;
}

/** The fake of the native module. */
export class FakeModule implements Spec {
  /** Where the next client keeps what it stores. */
  next: Place = { store: 'device', installation: 'app' };
  /** The clients that are not closed. */
  private readonly clients = new Map<number, Built>();
  /** The clients that were open when JavaScript was reloaded, and were not built again yet. */
  private retained = new Map<number, Built>();
  /** Likewise of accounts. */
  private readonly accounts = new Map<number, Built>();
  private retainedAccounts = new Map<number, Built>();
  private readonly listeners = new Set<(change: NativeChange) => unknown>();
  private readonly accountsListeners = new Set<(event: NativeAccountsState) => unknown>();
  private readonly transferListeners = new Set<(transfer: NativeTransfer) => unknown>();
  /** The calls that can be cancelled, by client and the caller's number. */
  private readonly calls = new Map<string, number>();
  /** The client and the caller's number of each of those calls. */
  private readonly callers = new Map<number, { client: number; call: number }>();
  private last = 0;
  /** The greatest number of a change so far. */
  private greatest = 0;

  constructor(
    private readonly core: Core,
    private readonly screens: FakeScreens,
    private readonly files: FakeFiles,
  ) {
    core.changed = (change) => {
      this.greatest = Math.max(this.greatest, change.number);
      for (const listener of [...this.listeners]) listener(change);
    };
    core.accountsChanged = (event) => {
      const { number } = JSON.parse(event.stateJson) as { number: number };
      this.greatest = Math.max(this.greatest, number);
      for (const listener of [...this.accountsListeners]) listener(event);
    };
    core.transferred = ({ call, ...transfer }) => {
      const caller = this.callers.get(call);
      if (!caller) return;
      for (const listener of [...this.transferListeners]) listener({ ...caller, ...transfer });
    };
  }

  readonly onChange = ((listener: (change: NativeChange) => unknown) =>
    listening(this.listeners, listener)) as unknown as Spec['onChange'];

  readonly onAccountsState = ((listener: (event: NativeAccountsState) => unknown) =>
    listening(this.accountsListeners, listener)) as unknown as Spec['onAccountsState'];

  createClient = (config: NativeConfig): NativeOpening =>
    this.openOrTake(config, recordOf(config), this.clients, this.retained);

  createAccounts = (config: NativeConfig): NativeOpening =>
    this.openOrTake(config, 'accounts\n' + recordOf(config), this.accounts, this.retainedAccounts);

  accountsState = (accounts: number): string => this.core.tell({ do: 'accountsState', accounts }) as string;
  callAccounts = (accounts: number, ...of: [operation: string, argumentsJson: string]) =>
    this.beginOfAccounts<string>(accounts, 'callAccounts', ...of);
  openAccount = async (accounts: number, id: string): Promise<number> => {
    const client = ++this.last;
    await this.beginOfAccounts(accounts, 'openAccount', id, client);
    return client;
  };
  closeAccounts = (accounts: number): Promise<void> => {
    this.accounts.delete(accounts);
    return this.beginOfAccounts(accounts, 'closeAccounts');
  };

  change = (client: number): NativeChange => this.core.tell({ do: 'change', client }) as NativeChange;
  pause = (client: number): void => {
    this.core.tell({ do: 'pause', client });
  };
  close = (client: number): Promise<void> => {
    this.clients.delete(client);
    return this.begin(client, 'close');
  };

  restored = (client: number): Promise<void> => this.begin(client, 'restored');
  resume = (client: number): Promise<void> => this.begin(client, 'resume');
  signUpWithEmail = (client: number, ...of: [email: string, password: string, name: string | null]) =>
    this.begin<NativeAccount>(client, 'signUpWithEmail', ...of);
  signInWithEmail = (client: number, ...of: [email: string, password: string]): Promise<void> =>
    this.begin(client, 'signInWithEmail', ...of);
  signInAnonymously = (client: number): Promise<void> => this.begin(client, 'signInAnonymously');
  signInWithToken = (client: number, ...of: [userId: string, secret: string]): Promise<void> =>
    this.begin(client, 'signInWithToken', ...of);
  createMfaChallenge = (client: number, factor: string) =>
    this.begin<NativeMfaChallenge>(client, 'createMfaChallenge', factor);
  completeMfaChallenge = (client: number, ...of: [challengeId: string, code: string]): Promise<void> =>
    this.begin(client, 'completeMfaChallenge', ...of);
  importSession = (client: number, legacy: string) => this.begin<string>(client, 'importSession', legacy);
  signOut = (client: number): Promise<void> => this.begin(client, 'signOut');
  signOutEverywhere = (client: number): Promise<void> => this.begin(client, 'signOutEverywhere');

  account = (client: number) => this.begin<NativeAccount>(client, 'account');
  sessions = (client: number) => this.begin<NativeSession[]>(client, 'sessions');
  currentSession = (client: number) => this.begin<NativeSession>(client, 'currentSession');
  extendSession = (client: number) => this.begin<NativeSession>(client, 'extendSession');
  revokeSession = (client: number, id: string): Promise<void> => this.begin(client, 'revokeSession', id);

  call = async (client: number, ...of: [operation: string, argumentsJson: string]) => {
    const result = await this.begin<string>(client, 'call', ...of);
    this.screens.apple.performed(...of);
    return result;
  };

  showScreen = (screen: string, input: string) =>
    asReactNative(this.screens.show(screen, input)) as Promise<string | null>;
  takeCallback = () => Promise.resolve(this.screens.browser.takeCallback());

  readonly onTransfer = ((listener: (transfer: NativeTransfer) => unknown) =>
    listening(this.transferListeners, listener)) as unknown as Spec['onTransfer'];

  send = async (client: number, number: number, request: NativeRequest): Promise<NativeResponse> => {
    const key = `${client}/${number}`;
    const { call, result } = this.core.begin('send', [this.files.opened(request)], client);
    this.calls.set(key, call);
    this.callers.set(call, { client, call: number });
    try {
      return (await asReactNative(result)) as NativeResponse;
    } finally {
      this.calls.delete(key);
      this.callers.delete(call);
    }
  };
  cancel = (client: number, number: number): void => {
    const call = this.calls.get(`${client}/${number}`);
    if (call !== undefined) this.core.tell({ do: 'cancel', call });
  };
  authorize = (client: number, target: string) => this.begin<NativeAuthorization>(client, 'authorize', target);
  reportUnauthorized = (client: number, authorization: number) =>
    this.begin<string>(client, 'reportUnauthorized', authorization);

  allowsRepetition = (verdict: string, method: string, problemType: string | null): boolean =>
    this.core.tell({ do: 'allowsRepetition', verdict, method, problemType }) as boolean;

  /** The app has started anew, below a JavaScript that lives on: it hears where its clients stand now. */
  restarted(): void {
    for (const client of this.clients.keys()) this.core.changed(this.change(client));
  }

  /** JavaScript was reloaded: its listeners are gone, and its clients are kept until they are built again. */
  reloaded(): void {
    this.listeners.clear();
    this.accountsListeners.clear();
    this.transferListeners.clear();
    this.screens.end();
    for (const call of this.calls.values()) this.core.tell({ do: 'cancel', call });
    this.retained = new Map([...this.retained, ...this.clients]);
    this.clients.clear();
    this.retainedAccounts = new Map([...this.retainedAccounts, ...this.accounts]);
    this.accounts.clear();
  }

  /** Builds all clients again, in a new instance of the core. */
  rebuild(): void {
    const before = this.greatest + 1;
    for (const [client, built] of [...this.retained, ...this.clients]) this.open('client', client, built, before);
    for (const [accounts, built] of [...this.retainedAccounts, ...this.accounts]) {
      this.open('accounts', accounts, built, before);
    }
  }

  /** Takes a retained client, or accounts, with that configuration, or builds a new one. */
  private openOrTake(
    config: NativeConfig,
    record: string,
    inUse: Map<number, Built>,
    retained: Map<number, Built>,
  ): NativeOpening {
    const text = JSON.stringify(config);
    const [taken] = [...retained].find(([, built]) => built.text === text) ?? [];
    const client = taken ?? ++this.last;
    const built = { config, place: { ...this.next }, text, record };
    try {
      if (taken === undefined) this.open(inUse === this.accounts ? 'accounts' : 'client', client, built);
    } catch (failure) {
      if (failure instanceof Failure) return { client: 0, error: failure.native };
      throw failure;
    }
    if (taken === undefined) this.closeOutdated(record, retained);
    retained.delete(client);
    inUse.set(client, built);
    return { client };
  }

  /** `before` is how many changes of it there were in an earlier instance. */
  private open(what: 'client' | 'accounts', number: number, { config, place }: Built, before = 0): void {
    this.core.tell({ do: what === 'client' ? 'open' : 'openAccounts', [what]: number, config, place, before });
  }

  /** Closes what is retained of that record: it has another configuration than what is built now. */
  private closeOutdated(record: string, retained: Map<number, Built>): void {
    for (const [number, built] of retained) {
      if (built.record !== record) continue;
      retained.delete(number);
      const closed = retained === this.retained ? this.close(number) : this.closeAccounts(number);
      closed.catch(() => undefined);
    }
  }

  private beginOfAccounts<T>(accounts: number, method: string, ...args: unknown[]): Promise<T> {
    return asReactNative(this.core.begin(method, args, accounts, 'callAccounts').result) as Promise<T>;
  }

  private begin<T>(client: number, method: string, ...args: unknown[]): Promise<T> {
    return asReactNative(this.core.begin(method, args, client).result) as Promise<T>;
  }
}

function listening<T>(listeners: Set<T>, listener: T): { remove: () => void } {
  listeners.add(listener);
  return {
    remove: () => {
      listeners.delete(listener);
    },
  };
}

function recordOf({ endpoint, project, accountSlot }: NativeConfig): string {
  return [endpoint.toLowerCase().replace(/\/+$/, ''), project, accountSlot ?? 'default'].join('\n');
}

/** Failures as React Native rejects them. */
async function asReactNative(result: Promise<unknown>): Promise<unknown> {
  try {
    return await result;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    const { code, message } = failure.native;
    throw Object.assign(new Error(message), { code, userInfo: { ...failure.native } });
  }
}
