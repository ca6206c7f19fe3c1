/** Builds clients, and speaks with the native side for them. */

import { followAppState } from './app-state';
import { numberOf, toAuthorization } from './authorization';
import { Changes } from './changes';
import { text, toNativeConfig, type SessionConfig } from './config';
import { fromRejection, toSessionError } from './errors';
import { gatewayFetch } from './fetch/fetch';
import { toAccount, toImport, toMfaChallenge, toSession } from './models';
import native from './NativeAppwriteSession';
import type { SessionClient } from './session-client';
import type { SessionState } from './state';

/**
 * Builds a client, which is signed in if the last start of the app was. Makes no request: what is stored is read in the background,
 * see `state` and `restored()`.
 *
 * ```ts
 * const session = createSessionClient({
 *   endpoint: 'https://fra.cloud.appwrite.io/v1',
 *   project: 'my-project',
 *   gateways: ['https://api.example.com'],
 * });
 * ```
 *
 * Build it once, outside of components. A client that JavaScript left behind when it was reloaded is taken over by the next one of
 * the same configuration.
 *
 * @throws SessionError with the code `config`, whose message says what to write instead.
 */
export function createSessionClient(config: SessionConfig): SessionClient {
  const opening = native.createClient(toNativeConfig(config));
  if (opening.error) throw toSessionError(opening.error);
  const { client } = opening;

  const changes = new Changes(native.change(client));
  const events = native.onChange((change) => {
    if (change.client === client) changes.next(change);
  });
  const settle = () => {
    changes.settle(native.change(client));
  };
  // What came before there were ears for it.
  settle();

  /** Waits for a call, and shows what it changed before its caller goes on. */
  const told = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (rejection) {
      throw fromRejection(rejection);
    } finally {
      settle();
    }
  };

  /** As `told`, for calls whose result is where the user stands then. */
  const standing = async (call: () => Promise<void>): Promise<SessionState> => {
    await told(call);
    return changes.last.state;
  };

  let closing: Promise<void> | undefined;
  const close = async () => {
    unfollow?.();
    try {
      await told(() => native.close(client));
    } finally {
      events.remove();
      changes.close();
    }
  };

  const session: SessionClient = {
    get state() {
      return changes.last.state;
    },
    get persistence() {
      return changes.last.persistence;
    },
    subscribe: (listener) => changes.subscribe(listener),
    changes: (listener) => changes.stream(listener),

    restored: () => standing(() => native.restored(client)),
    resume: () => standing(() => native.resume(client)),
    pause: () => {
      native.pause(client);
    },

    signUpWithEmail: (email, password, name) =>
      told(async () =>
        toAccount(await native.signUpWithEmail(client, text(email, 'email'), text(password, 'password'), name ?? null)),
      ),
    signInWithEmail: (email, password) =>
      standing(async () => native.signInWithEmail(client, text(email, 'email'), text(password, 'password'))),
    signInAnonymously: () => standing(() => native.signInAnonymously(client)),
    signInWithToken: (userId, secret) =>
      standing(async () => native.signInWithToken(client, text(userId, 'userId'), text(secret, 'secret'))),
    createMfaChallenge: (factor) =>
      told(async () => toMfaChallenge(await native.createMfaChallenge(client, text(factor, 'factor')))),
    completeMfaChallenge: (challenge, code) =>
      standing(async () => native.completeMfaChallenge(client, text(challenge.id, 'challenge.id'), text(code, 'code'))),
    signOut: () => told(() => native.signOut(client)),
    signOutEverywhere: () => told(() => native.signOutEverywhere(client)),
    importSession: (left) => told(async () => toImport(await native.importSession(client, text(left, 'left')))),

    account: () => told(async () => toAccount(await native.account(client))),
    sessions: () => told(async () => (await native.sessions(client)).map(toSession)),
    currentSession: () => told(async () => toSession(await native.currentSession(client))),
    extendSession: () => told(async () => toSession(await native.extendSession(client))),
    revokeSession: (id) => told(async () => native.revokeSession(client, text(id, 'id'))),

    fetch: gatewayFetch({
      send: (call, request) => native.send(client, call, request),
      cancel: (call) => {
        native.cancel(client, call);
      },
      settle,
    }),
    authorize: (target) => told(async () => toAuthorization(client, await native.authorize(client, String(target)))),
    reportUnauthorized: (authorization) =>
      standing(async () => native.reportUnauthorized(client, numberOf(client, authorization))),

    close: () => (closing ??= close()),
  };
  const unfollow = config.followAppState === false ? undefined : followAppState(session);
  return session;
}
