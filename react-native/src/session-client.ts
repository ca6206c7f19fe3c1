/** The client's interface for apps. */

import type { Authorization, Verdict } from './authorization';
import type { Fetch } from './fetch/fetch';
import type { Account, Import, MfaChallenge, Session } from './models';
import type { Operations } from './operations';
import type { Change, Factor, Persistence, SessionState } from './state';

/**
 * One login to Appwrite, kept in the secure store and sent to the app's own gateways.
 *
 * Beside the functions here it has those of {@link Operations}: further ways to sign in, and the account of the user by noun, such as
 * `session.profile.updateName('Ada')`.
 *
 * Every function can be called at any time. None needs `this`, so they can be destructured. Functions that change the session run to
 * their end even if the screen that called them is gone: after a sign-in the session is either stored or revoked. A promise that
 * fails is rejected with a `SessionError`.
 */
export interface SessionClient extends Operations {
  /** What keeps this client's session apart from others of the same project: the id of its account, where the app has several. */
  readonly accountSlot: string;

  /** The state now, without waiting. It is the same object until the state changes. */
  readonly state: SessionState;

  /** Whether the next start of the app will find the session. */
  readonly persistence: Persistence;

  /**
   * Calls `listener` after every change of {@link state} or {@link persistence}. Suitable for `useSyncExternalStore`.
   *
   * @returns a function that removes the listener.
   */
  readonly subscribe: (listener: () => void) => () => void;

  /**
   * Calls `listener` with every change, numbered and in order. The first call happens immediately, with the current state. Unlike
   * {@link subscribe} it skips no change.
   *
   * @returns a function that removes the listener.
   */
  readonly changes: (listener: (change: Change) => void) => () => void;

  /** The state after the secure store has been read. Waits for the store only, never for the network. */
  readonly restored: () => Promise<SessionState>;

  /**
   * Retries pending work now: reads a locked store again, saves an unsaved session, sends queued revocations. The client calls it by
   * itself when the app comes to the foreground, unless `followAppState` is `false`.
   */
  readonly resume: () => Promise<SessionState>;

  /**
   * Says that the app goes to the background, until {@link resume}: meanwhile the user is not asked for biometrics or the device
   * passcode, and calls that would need it fail. The client calls it by itself, unless `followAppState` is `false`.
   */
  readonly pause: () => void;

  /**
   * Creates a user. Does not sign in.
   *
   * @throws `already_exists`; `invalid_input` for a malformed e-mail or a password of other than 8 to 256 characters.
   */
  readonly signUpWithEmail: (email: string, password: string, name?: string) => Promise<Account>;

  /**
   * Signs in with e-mail and password. Resolves to `signedIn`, or to `mfaRequired` with the factors to choose from. When it resolves,
   * the credential is in the secure store. The session before it, if there was one, is revoked.
   *
   * @throws `invalid_credentials`; `storage_locked` before anything was sent; `superseded` if a later sign-out or sign-in overtook it.
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

  /** Creates a challenge of a second factor. Meant for the state `mfaRequired`. */
  readonly createMfaChallenge: (factor: Factor) => Promise<MfaChallenge>;

  /**
   * Completes a challenge with the user's code, and with it the sign-in.
   *
   * @throws `invalid_token` if the code is wrong; the state stays `mfaRequired`.
   */
  readonly completeMfaChallenge: (challenge: MfaChallenge, code: string) => Promise<SessionState>;

  /**
   * Signs out on this device. When it resolves, the session is removed from the device, with or without a network. It is revoked at
   * Appwrite in the background. If Appwrite cannot be reached, the revocation is stored and sent later, also after a restart.
   */
  readonly signOut: () => Promise<void>;

  /** Signs the user out on all devices. Needs the network. If it fails, nothing has changed on this device. */
  readonly signOutEverywhere: () => Promise<void>;

  /**
   * Takes over a legacy session: one that Appwrite's own SDK stored on the device. So users stay signed in when an app adopts this
   * library. Makes no request: whether the session is still valid shows at its first use.
   *
   * If `mayErase` of the result is `true`, erase what you passed from where the SDK stored it: it is the unencrypted credential.
   *
   * @param legacy what the SDK stored, unchanged, and for this endpoint's host only. Appwrite's SDK for React Native keeps its session
   * in the platform's cookie storage: pass the cookies of the endpoint as one `Cookie` header.
   * @throws `storage_locked` or `storage_unavailable`: nothing was taken over. Try again later, and erase nothing.
   */
  readonly importSession: (legacy: string) => Promise<Import>;

  /**
   * Asks Appwrite for the account of the signed-in user. The answer shows as well whether the session is still valid.
   *
   * @throws `signed_out` if Appwrite says that the session has ended. The state changes accordingly.
   */
  readonly account: () => Promise<Account>;

  /** All sessions of the user, on all devices. */
  readonly sessions: () => Promise<Session[]>;

  /** The session of this device. */
  readonly currentSession: () => Promise<Session>;

  /**
   * Extends the session of this device: its lifetime starts again. Appwrite allows ten extensions an hour for each
   * network address, and counts extensions and sign-outs together.
   */
  readonly extendSession: () => Promise<Session>;

  /** Revokes the session with that id. If it is this device's session, this is the same as {@link signOut}. */
  readonly revokeSession: (id: string) => Promise<void>;

  /** The platform's `fetch`, for gateways and with the credential. See {@link Fetch}. */
  readonly fetch: Fetch;

  /**
   * The headers for a request that the app sends with another HTTP client. Makes no request.
   *
   * @param target a path of the default gateway (`/orders`) or a URL of an allowed one.
   * @throws `origin_not_allowed`, `signed_out`, `mfa_required`, `storage_locked`, `presence_required`.
   */
  readonly authorize: (target: string | URL) => Promise<Authorization>;

  /**
   * Reports that a gateway answered 401 to a request that was sent with `authorization`, and says what that means. Appwrite is asked
   * once for all calls, and not at all if the answer is known already. The {@link state} changes accordingly.
   */
  readonly reportUnauthorized: (authorization: Authorization) => Promise<Verdict>;

  /**
   * Whether a request that was refused with 401 may be sent once more, with a new authorization of the same user: if `verdict` is
   * `try_again`, and if the method is idempotent or the gateway says that its service did not see the request.
   *
   * @param problemType the header `X-Problem-Type` of the answer, if it has one.
   */
  readonly allowsRepetition: (verdict: Verdict, method: string, problemType?: string | null) => boolean;

  /**
   * Closes the client: waits for work that is running, for which the time limits hold, and removes all listeners. The session stays
   * stored. Later calls fail with `closed`. Closing a client again does nothing.
   */
  readonly close: () => Promise<void>;
}
