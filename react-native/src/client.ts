/** Builds clients. A client calls the native side. */

import { followAppState } from './app-state';
import { numberOf, toAuthorization, toVerdict } from './authorization';
import { callbacks, type Receiver } from './callbacks';
import { Changes, notify } from './changes';
import { text, toNativeConfig, type SessionConfig } from './config';
import { fromRejection, toSessionError } from './errors';
import { gatewayFetch } from './fetch/fetch';
import { toAccount, toImport, toMfaChallenge, toSession } from './models';
import native from './NativeAppwriteSession';
import { operationsOf } from './operations';
import { perform } from './operations/bridge';
import type { SessionClient } from './session-client';
import type { SessionState } from './state';

/**
 * Builds a client. If a user is signed in since an earlier start of the app, the client restores that session. It makes no request:
 * the secure store is read in the background, see `state` and `restored()`.
 *
 * ```ts
 * const session = createSessionClient({
 *   endpoint: 'https://fra.cloud.appwrite.io/v1',
 *   project: 'my-project',
 *   gateways: ['https://api.example.com'],
 * });
 * ```
 *
 * Build it once, outside of components. When JavaScript is reloaded, the native client lives on and is used again by the next client
 * that is built from the same configuration.
 *
 * @throws SessionError with the code `config`, whose message says what to write instead.
 */
export function createSessionClient(config: SessionConfig): SessionClient {
  const opening = native.createClient(toNativeConfig(config));
  if (opening.error) throw toSessionError(opening.error);
  return clientWith(opening.client, config.accountSlot ?? 'default', config);
}

/** The client that the native side has under that number. */
export function clientWith(client: number, accountSlot: string, config: SessionConfig): SessionClient {
  const changes = new Changes(native.change(client));
  const events = native.onChange((change) => {
    if (change.client !== client) return;
    changes.next(change);
    // The app has started anew below a JavaScript that lives on: perhaps by a link.
    if (change.kind === 'restoring' && change.number > 0) {
      browser.end();
      callbacks.look();
    }
  });
  const update = () => {
    changes.update(native.change(client));
  };
  // A change can have happened before the listener was added.
  update();

  /** Waits for a call of the native side, and updates the state before the caller continues. */
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (rejection) {
      throw fromRejection(rejection);
    } finally {
      update();
    }
  };

  /** As `call`, and resolves to the state afterwards. */
  const stateAfter = async (work: () => Promise<unknown>): Promise<SessionState> => {
    await call(work);
    return changes.last.state;
  };

  const restored = () => stateAfter(() => native.restored(client));

  const { operations, browser } = operationsOf(
    { perform: (operation, ...args) => perform(client, operation, ...args), call, stateAfter, restored },
    (error) => {
      notify(() => config.onCallbackFailed?.(error));
    },
  );

  let closing: Promise<void> | undefined;
  const close = async () => {
    unfollow?.();
    ignoreLinks?.();
    browser.end();
    try {
      await call(() => native.close(client));
    } finally {
      events.remove();
      changes.close();
    }
  };

  const session: SessionClient = {
    accountSlot,
    get state() {
      return changes.last.state;
    },
    get persistence() {
      return changes.last.persistence;
    },
    subscribe: (listener) => changes.subscribe(listener),
    changes: (listener) => changes.stream(listener),

    restored,
    resume: () => stateAfter(() => native.resume(client)),
    pause: () => {
      native.pause(client);
    },

    signUpWithEmail: (email, password, name) =>
      call(async () =>
        toAccount(await native.signUpWithEmail(client, text(email, 'email'), text(password, 'password'), name ?? null)),
      ),
    signInWithEmail: (email, password) =>
      stateAfter(async () => native.signInWithEmail(client, text(email, 'email'), text(password, 'password'))),
    signInAnonymously: () => stateAfter(() => native.signInAnonymously(client)),
    signInWithToken: (userId, secret) =>
      stateAfter(async () => native.signInWithToken(client, text(userId, 'userId'), text(secret, 'secret'))),
    createMfaChallenge: (factor) =>
      call(async () => toMfaChallenge(await native.createMfaChallenge(client, text(factor, 'factor')))),
    completeMfaChallenge: (challenge, code) =>
      stateAfter(async () =>
        native.completeMfaChallenge(client, text(challenge.id, 'challenge.id'), text(code, 'code')),
      ),
    signOut: () => call(() => native.signOut(client)),
    signOutEverywhere: () => call(() => native.signOutEverywhere(client)),
    importSession: (legacy) => call(async () => toImport(await native.importSession(client, text(legacy, 'legacy')))),

    ...operations,

    account: () => call(async () => toAccount(await native.account(client))),
    sessions: () => call(async () => (await native.sessions(client)).map(toSession)),
    currentSession: () => call(async () => toSession(await native.currentSession(client))),
    extendSession: () => call(async () => toSession(await native.extendSession(client))),
    revokeSession: (id) => call(async () => native.revokeSession(client, text(id, 'id'))),

    fetch: gatewayFetch({
      send: (number, request) => native.send(client, number, request),
      cancel: (number) => {
        native.cancel(client, number);
      },
      observe: (number, listener) => {
        const transfers = native.onTransfer((transfer) => {
          if (transfer.client === client && transfer.call === number) listener(transfer);
        });
        return () => {
          transfers.remove();
        };
      },
      onEnd: update,
    }),
    authorize: (target) => call(async () => toAuthorization(client, await native.authorize(client, String(target)))),
    reportUnauthorized: (authorization) =>
      call(async () => toVerdict(await native.reportUnauthorized(client, numberOf(client, authorization)))),
    allowsRepetition: (verdict, method, problemType) =>
      native.allowsRepetition(
        text(verdict, 'verdict'),
        text(method, 'method').toUpperCase(),
        problemType == null ? null : text(problemType, 'problemType'),
      ),

    close: () => (closing ??= close()),
  };
  const unfollow = config.followAppState === false ? undefined : followAppState(session);
  // A client that never writes completes no sign-in.
  const ignoreLinks = config.followLinks === false || config.readOnly ? undefined : callbacks.follow(browser);
  updates.set(session, update);
  receivers.set(session, browser);
  return session;
}

/** What takes the URLs that open the app, for each client. */
const receivers = new WeakMap<SessionClient, Receiver>();

/** What takes the URLs that open the app for this client. */
export function receiverOf(client: SessionClient): Receiver | undefined {
  return receivers.get(client);
}

/** How the state of a client is brought up to date. */
const updates = new WeakMap<SessionClient, () => void>();

/** Brings the state of a client up to date, after a call that was not made with it. */
export function updateState(client: SessionClient): void {
  updates.get(client)?.();
}
