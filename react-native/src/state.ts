/** The state of the session, as discriminated unions. */

import type { NativeChange } from './NativeAppwriteSession';

/** Every reason for being signed out, by its stable name. */
export const signedOutReasons = [
  'no_session',
  'signed_out',
  'session_ended',
  'storage_lost',
  'storage_unavailable',
] as const;

/**
 * Why nobody is signed in.
 *
 * | reason | meaning |
 * |---|---|
 * | `no_session` | Nothing is stored on this device. |
 * | `signed_out` | The app signed out. |
 * | `session_ended` | Appwrite ended the session: it was revoked, it expired, or the user was deleted. |
 * | `storage_lost` | The stored session is corrupt and can never be read. It was set aside. |
 * | `storage_unavailable` | The store cannot be reached. A sign-in works; its session is in memory until the store can be reached. |
 */
export type SignedOutReason = (typeof signedOutReasons)[number];

/** Every second factor, by its stable name. */
export const factors = ['totp', 'email', 'phone', 'recovery_code', 'custom'] as const;

/** A second factor: an authenticator app, a code by e-mail or phone, a code that the app's own servers deliver (`custom`), or one of the recovery codes that the user wrote down. */
export type Factor = (typeof factors)[number];

/** Whether the session outlives the process (`durable`) or ends with it (`memory_only`). */
export type Persistence = 'durable' | 'memory_only';

/** The signed-in user: the part of the account that is stored with the session, for the first screen after a cold start. */
export interface User {
  /** The user's id. */
  readonly id: string;
  /** The name; empty if none was given. */
  readonly name: string;
  /** The e-mail address; `null` for an anonymous user. */
  readonly email: string | null;
}

/**
 * The state of the session. `kind` distinguishes the states:
 *
 * - `restoring`: the secure store is being read. This state ends by itself, without a request.
 * - `storageLocked`: the secure store is locked, so it is not known whether there is a session. The client reads the store again by
 *   itself and at `resume()`.
 * - `signedOut`: nobody is signed in; `reason` says why.
 * - `mfaRequired`: there is a session, and Appwrite requires a second factor before it can be used. `factors` is what the user can
 *   choose from; it is empty if Appwrite could not be asked.
 * - `signedIn`: there is a session. `user` is its user, or `null` if that is not known yet. `verified` says whether Appwrite has
 *   confirmed the session since the app started.
 */
export type SessionState =
  | { readonly kind: 'restoring' }
  | { readonly kind: 'storageLocked' }
  | { readonly kind: 'signedOut'; readonly reason: SignedOutReason }
  | { readonly kind: 'mfaRequired'; readonly factors: readonly Factor[] }
  | { readonly kind: 'signedIn'; readonly user: User | null; readonly verified: boolean };

/** The stable names of the states, and their names in this package. */
export const stateKinds = {
  restoring: 'restoring',
  storage_locked: 'storageLocked',
  signed_out: 'signedOut',
  mfa_required: 'mfaRequired',
  signed_in: 'signedIn',
} as const satisfies Record<string, SessionState['kind']>;

/** One published change. */
export interface Change {
  /** Counts the changes of one client from 0. */
  readonly number: number;
  /** The state of the session. */
  readonly state: SessionState;
  /** Whether the session outlives the process. */
  readonly persistence: Persistence;
}

/** Converts the native side's change. */
export function toChange(native: NativeChange): Change {
  return Object.freeze({
    number: native.number,
    state: Object.freeze(toState(native)),
    persistence: native.persistence as Persistence,
  });
}

function toState(native: NativeChange): SessionState {
  switch (native.kind) {
    case 'restoring':
      return { kind: 'restoring' };
    case 'storage_locked':
      return { kind: 'storageLocked' };
    case 'mfa_required':
      return { kind: 'mfaRequired', factors: Object.freeze([...native.factors] as Factor[]) };
    case 'signed_in':
      return { kind: 'signedIn', user: toUser(native), verified: native.verified };
    default:
      return { kind: 'signedOut', reason: (native.reason ?? 'no_session') as SignedOutReason };
  }
}

/** The user, whose members the native side sends one by one. */
function toUser({ userId, userName, userEmail }: NativeChange): User | null {
  if (userId == null) return null;
  return Object.freeze({ id: userId, name: userName ?? '', email: userEmail ?? null });
}
