/** The client as an app sees it. */

import type { Authorization } from './authorization';
import type { Fetch } from './fetch/fetch';
import type { Account, Import, MfaChallenge, Session } from './models';
import type { Change, Factor, Persistence, SessionState } from './state';

/**
 * One login to Appwrite, kept in the secure store and carried to the app's own gateways.
 *
 * Every function can be called at any time, and taken out of the object: none needs `this`. Those that change the session run to
 * their end whatever becomes of the screen that called them: a sign-in ends stored or revoked, never in between. A promise that
 * fails is rejected with a `SessionError`.
 */
export interface SessionClient {
  /** Where the user stands, without waiting. The same object until that changes. */
  readonly state: SessionState;

  /** How safe the session is now: whether the next start of the app will find it. */
  readonly persistence: Persistence;

  /**
   * Calls `listener` after every change of {@link state} or {@link persistence}, as `useSyncExternalStore` wants it.
   *
   * @returns a function that ends it.
   */
  readonly subscribe: (listener: () => void) => () => void;

  /**
   * Calls `listener` with every change in order and numbered, the current state first and at once. Unlike {@link subscribe} it skips
   * none.
   *
   * @returns a function that ends it.
   */
  readonly changes: (listener: (change: Change) => void) => () => void;

  /** Where the user stands once the secure store has been read. Waits for the store only, never for the network. */
  readonly restored: () => Promise<SessionState>;

  /**
   * Tries at once what waits for better times: reading a locked store, saving what it refused, revoking sessions that ended while
   * Appwrite could not be reached. Called by itself when the app comes to the foreground, unless `followAppState` is off.
   */
  readonly resume: () => Promise<SessionState>;

  /**
   * Says that the app goes to the background, until {@link resume}: meanwhile the user is not asked to prove to be there, and calls
   * that would need it fail. Called by itself, unless `followAppState` is off.
   */
  readonly pause: () => void;

  /**
   * Creates a user. Does not sign in.
   *
   * @throws `already_exists`; `invalid_input` for a malformed e-mail or a password of other than 8 to 256 characters.
   */
  readonly signUpWithEmail: (email: string, password: string, name?: string) => Promise<Account>;

  /**
   * Signs in with e-mail and password. Resolves to `signedIn`, or to `mfaRequired` with the factors to choose from. Before it
   * resolves the credential is in the secure store; a session that was held before is revoked.
   *
   * @throws `invalid_credentials`; `storage_locked` before anything was sent; `superseded` if a sign-out or another sign-in came in
   * between.
   */
  readonly signInWithEmail: (email: string, password: string) => Promise<SessionState>;

  /** Signs in as a new anonymous user. Otherwise as {@link signInWithEmail}. */
  readonly signInAnonymously: () => Promise<SessionState>;

  /**
   * Signs in with a token that the app's server made. Otherwise as {@link signInWithEmail}.
   *
   * @throws `invalid_token` if the token is wrong, used up or expired.
   */
  readonly signInWithToken: (userId: string, secret: string) => Promise<SessionState>;

  /** Asks for a challenge of a second factor. Meant for the state `mfaRequired`. */
  readonly createMfaChallenge: (factor: Factor) => Promise<MfaChallenge>;

  /**
   * Answers a challenge with the user's code, and completes the sign-in.
   *
   * @throws `invalid_token` if the code is wrong; the state stays `mfaRequired`.
   */
  readonly completeMfaChallenge: (challenge: MfaChallenge, code: string) => Promise<SessionState>;

  /**
   * Signs out on this device: the session is gone from here when this resolves, with or without a network. Appwrite is told in the
   * background; if it cannot be reached, that is stored and done later, also after a restart.
   */
  readonly signOut: () => Promise<void>;

  /** Signs the user out on all devices. Needs the network; on an error nothing has changed here. */
  readonly signOutEverywhere: () => Promise<void>;

  /**
   * Takes over the session that one of Appwrite's own SDKs left on the device, so that whoever adopts this library signs nobody
   * out. Makes no request: whether the session still lives is found out at its first use.
   *
   * If `mayErase`, erase what was passed where it came from: it is the credential in the open.
   *
   * @param left what the app found where the SDK keeps it, as it is, and of this endpoint's host only. Appwrite's SDK for React
   * Native leaves its session among the platform's cookies: pass those of the endpoint, as one `Cookie` header.
   * @throws `storage_locked` or `storage_unavailable`, and nothing was taken over. Try again later, and erase nothing.
   */
  readonly importSession: (left: string) => Promise<Import>;

  /**
   * Who is signed in, asked of Appwrite; the answer is a verdict on the session as well.
   *
   * @throws `signed_out` if Appwrite says that the session is no more; the state follows.
   */
  readonly account: () => Promise<Account>;

  /** Every session of the user. */
  readonly sessions: () => Promise<Session[]>;

  /** The session of this device, as Appwrite sees it. */
  readonly currentSession: () => Promise<Session>;

  /** Starts the life of this device's session anew. Appwrite allows ten an hour. */
  readonly extendSession: () => Promise<Session>;

  /** Revokes the session of that id; this device's own is signed out as by {@link signOut}. */
  readonly revokeSession: (id: string) => Promise<void>;

  /** Calls a gateway with the credential, as the platform's `fetch` would without it. See {@link Fetch}. */
  readonly fetch: Fetch;

  /**
   * The headers for a request that the app sends by itself, with a client of its own. No request is made.
   *
   * @param target a path of the default gateway (`/orders`) or a URL of an allowed one.
   * @throws `origin_not_allowed`, `signed_out`, `mfa_required`, `storage_locked`, `presence_required`.
   */
  readonly authorize: (target: string | URL) => Promise<Authorization>;

  /**
   * Reports that a gateway answered 401 to a request that carried `authorization`. Appwrite is asked once for everybody, and not at
   * all if it is settled. Resolves to the state afterwards.
   */
  readonly reportUnauthorized: (authorization: Authorization) => Promise<SessionState>;

  /**
   * Ends the client: waits for work under way, which the timeouts bound, and ends all listening. The session stays stored. What
   * needs the client fails with `closed` from then on. A second call does nothing.
   */
  readonly close: () => Promise<void>;
}
