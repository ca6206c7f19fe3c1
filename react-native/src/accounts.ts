/** Several accounts of one project on one device. */

import { notify } from './changes';
import { callbacks, fateOf, type Receiver } from './callbacks';
import { clientWith, receiverOf, updateState } from './client';
import { text, toNativeConfig, type SessionConfig } from './config';
import { fromRejection, toSessionError, type SessionError } from './errors';
import native from './NativeAppwriteSession';
import { written } from './operations/bridge';
import type { SignInOutcome } from './screens/outcome';
import type { SessionClient } from './session-client';
import type { User } from './state';

/** An account that somebody has signed in to on this device. */
export interface StoredAccount {
  /** Its id on this device: the `accountSlot` of its client. */
  readonly id: string;
  /** Who it is, as of the last sign-in or change here. */
  readonly user: User;
  /** Whether the app uses it now. */
  readonly isCurrent: boolean;
}

/** The accounts, and which one the app uses. */
export interface AccountsState {
  /** Counts the changes; 1 is what the store had. */
  readonly number: number;
  /** The accounts that somebody has signed in to, in the order in which they were added. */
  readonly accounts: readonly StoredAccount[];
  /**
   * The id of the account that the app uses. It is not in the list while nobody has signed in to it; `null` if there is none yet.
   */
  readonly current: string | null;
}

/**
 * Several accounts of one project on one device. Each has a session and a {@link SessionClient} of its own, so that no request of one is made
 * with the credential of another; all share the connections and the store.
 *
 * Every function can be called at any time. None needs `this`. A promise that fails is rejected with a `SessionError`. The client of an account
 * is the same object at every call; do not close it by itself.
 */
export interface Accounts {
  /**
   * The accounts, and which one the app uses; `undefined` until the store has been read. It is the same object until something changes,
   * and at least as new as the result of a call here.
   */
  readonly state: AccountsState | undefined;

  /**
   * Calls `listener` after every change of {@link state}: by a call here, because somebody has signed in with a client of an account, or
   * because the name or the e-mail address of a user has changed. Suitable for `useSyncExternalStore`.
   *
   * @returns a function that removes the listener.
   */
  readonly subscribe: (listener: () => void) => () => void;

  /**
   * The accounts that somebody has signed in to, in the order in which they were added. Makes no request. An account whose session Appwrite
   * has ended is still listed, so that the app can offer to sign in again. Fails with `storage_locked` and `storage_unavailable`.
   */
  readonly list: () => Promise<readonly StoredAccount[]>;

  /** The client of the account that the app uses now; one that nobody is signed in to, if there is none. Fails as {@link list} does. */
  readonly current: () => Promise<SessionClient>;

  /** The client of an account, without switching to it. Fails with `config` if there is no such account, and as {@link list} does. */
  readonly client: (id: string) => Promise<SessionClient>;

  /**
   * A client for one more account. It is listed as soon as somebody has signed in with it, and is used by the app once it is switched to.
   * Fails as {@link list} does: an account that could not be found again after a restart is not added.
   */
  readonly add: () => Promise<SessionClient>;

  /**
   * Makes an account the one that the app uses. What other clients have under way goes on as it is. Fails with `config` if there is no such
   * account, and as {@link list} does; then nothing was switched.
   */
  readonly switchTo: (id: string) => Promise<SessionClient>;

  /**
   * Completes a sign-in in the browser with the URL that opened the app, whichever account it was begun for: also for one that was being
   * added when the app was ended. Nothing is switched. Fails as `completeOAuth2` of a client does, with `callback_rejected` if no account
   * waits for this URL.
   */
  readonly completeOAuth2: (url: string) => Promise<{ client: SessionClient; outcome: SignInOutcome }>;

  /**
   * Signs out of one account, as `signOut` of its client does, and lists it no more. If it was the one that the app uses, the one that was
   * added last takes its place. Fails with `config` if there is no such account. It is listed until the store has taken the sign-out.
   */
  readonly signOut: (id: string) => Promise<void>;

  /** Signs out of every account. Fails with the first error; the other accounts are signed out all the same. */
  readonly signOutOfAll: () => Promise<void>;

  /** Closes every client, as `close` of a client does, and removes all listeners. What is stored stays. */
  readonly close: () => Promise<void>;
}

/** The clients that accounts have opened, for the provider, which must not wait for one that is there. */
const opened = new WeakMap<Accounts, Map<string, SessionClient>>();

/** The client of an account, if it was opened before. */
export function openedClient(accounts: Accounts, id: string | null | undefined): SessionClient | undefined {
  return id == null ? undefined : opened.get(accounts)?.get(id);
}

/**
 * Builds the accounts of an app that has several, in place of a client. It makes no request: the list is in the secure store, which is read in
 * the background, see `state`.
 *
 * ```ts
 * const accounts = createAccounts({
 *   endpoint: 'https://fra.cloud.appwrite.io/v1',
 *   project: 'my-project',
 *   gateways: ['https://api.example.com'],
 * });
 * ```
 *
 * Build them once, outside of components. When JavaScript is reloaded, the native accounts and their clients live on, and are used again by
 * the next accounts that are built from the same configuration.
 *
 * @param config what every client of these accounts is built from. `accountSlot` has no meaning here.
 * @throws SessionError with the code `config`, whose message says what to write instead.
 */
export function createAccounts(config: SessionConfig): Accounts {
  const opening = native.createAccounts(toNativeConfig(config));
  if (opening.error) throw toSessionError(opening.error);
  const number = opening.client;

  let last: AccountsState | undefined;
  const listeners = new Set<() => void>();
  const next = (stateJson: string) => {
    if (stateJson === '') return;
    const state = toState(stateJson);
    if (last && state.number <= last.number) return;
    last = state;
    for (const listener of [...listeners]) notify(listener);
  };
  const clients = new Map<string, SessionClient>();
  const update = () => {
    for (const client of clients.values()) updateState(client);
    next(native.accountsState(number));
  };
  const events = native.onAccountsState(({ accounts, stateJson }) => {
    if (accounts === number) next(stateJson);
  });
  // It can have been read before the listener was added.
  update();

  const opens = new Map<string, Promise<SessionClient>>();
  const open = async (id: string): Promise<SessionClient> => {
    // Links are offered to all accounts at once, below.
    const client = clientWith(await native.openAccount(number, id), id, { ...config, followLinks: false });
    clients.set(id, client);
    return client;
  };
  const clientOf = (id: unknown): Promise<SessionClient> => {
    const slot = id as string;
    const opening =
      opens.get(slot) ??
      open(slot).catch((rejection: unknown) => {
        opens.delete(slot);
        throw rejection;
      });
    opens.set(slot, opening);
    return opening;
  };

  /** Performs an operation, and updates the state before the caller continues. */
  const call = async <T>(
    convert: (result: unknown) => T | Promise<T>,
    operation: string,
    ...args: unknown[]
  ): Promise<T> => {
    try {
      return await convert(JSON.parse(await native.callAccounts(number, operation, written(args))));
    } catch (rejection) {
      throw fromRejection(rejection);
    } finally {
      update();
    }
  };

  // A client whose call waits for the URL comes first: it answers that call. Then every account, those that were not opened yet included.
  const receiver: Receiver = {
    take: async (url) => {
      for (const client of clients.values()) {
        const taking = await receiverOf(client)?.take(url);
        if (taking && taking !== 'foreign') return taking;
      }
      try {
        await accounts.completeOAuth2(url);
        return 'taken';
      } catch (error) {
        const fate = fateOf(error);
        if (fate === 'foreign' || fate === 'again') return fate;
        if (fate === 'failed') notify(() => config.onCallbackFailed?.(error as SessionError));
        return 'taken';
      }
    },
  };
  let ignoreLinks: (() => void) | undefined;

  let closing: Promise<void> | undefined;
  const close = async () => {
    ignoreLinks?.();
    try {
      await native.closeAccounts(number);
    } finally {
      // Of each client this ends what is in JavaScript.
      await Promise.all([...clients.values()].map((client) => client.close()));
      update();
      events.remove();
      listeners.clear();
    }
  };

  const accounts: Accounts = {
    get state() {
      return last;
    },
    subscribe: (listener) => {
      // One entry for each call: a listener that is added twice is called twice, and each removal removes one of them.
      const entry = () => {
        listener();
      };
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
    list: () => call(toStored, 'list'),
    current: () => call(clientOf, 'current'),
    client: async (id) => call(clientOf, 'client', text(id, 'id')),
    add: () => call(clientOf, 'add'),
    switchTo: async (id) => call(clientOf, 'switchTo', text(id, 'id')),
    completeOAuth2: async (url) =>
      call(
        async (result) => {
          const { id, outcome } = result as { id: string; outcome: { kind: string } };
          const client = await clientOf(id);
          updateState(client);
          if (outcome.kind === 'cancelled') return { client, outcome: { kind: 'cancelled' } };
          return { client, outcome: { kind: 'signedIn', state: client.state } };
        },
        'completeOAuth2',
        text(url, 'url'),
      ),
    signOut: async (id) => call(() => undefined, 'signOut', text(id, 'id')),
    signOutOfAll: () => call(() => undefined, 'signOutOfAll'),
    close: () => (closing ??= close()),
  };
  opened.set(accounts, clients);
  if (config.followLinks !== false && !config.readOnly) ignoreLinks = callbacks.follow(receiver);
  return accounts;
}

type ShownUser = Omit<User, 'email'> & { email?: string };

function toStored(shown: unknown): readonly StoredAccount[] {
  const stored = (shown as (Omit<StoredAccount, 'user'> & { user: ShownUser })[]).map(({ user, ...rest }) =>
    Object.freeze({ ...rest, user: Object.freeze({ ...user, email: user.email ?? null }) }),
  );
  return Object.freeze(stored);
}

function toState(json: string): AccountsState {
  const { number, accounts, current } = JSON.parse(json) as { number: number; accounts: unknown; current?: string };
  return Object.freeze({ number, accounts: toStored(accounts), current: current ?? null });
}
