/** Where the user stands, as discriminated unions. */

import type { NativeChange } from './NativeAppwriteSession';

/** Every reason there is, by its stable name. */
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
 * | `session_ended` | Appwrite said so: revoked, expired, or the user deleted. |
 * | `storage_lost` | The stored session could not be read for good, and was set aside. |
 * | `storage_unavailable` | The store cannot be reached. A sign-in works, in memory until it can. |
 */
export type SignedOutReason = (typeof signedOutReasons)[number];

/** Every second factor there is, by its stable name. */
export const factors = ['totp', 'email', 'phone', 'recovery_code'] as const;

/** A second factor: an authenticator app, a code by e-mail or phone, or one of the recovery codes that the user wrote down. */
export type Factor = (typeof factors)[number];

/** How long what is held will last: it outlives the process (`durable`), or is gone when that ends (`memory_only`). */
export type Persistence = 'durable' | 'memory_only';

/** Who is signed in: the part of the account that is kept with the session, for the first screen after a cold start. */
export interface User {
  /** The user's id. */
  readonly id: string;
  /** The name; empty if none was given. */
  readonly name: string;
  /** The e-mail address; `null` for an anonymous user. */
  readonly email: string | null;
}

/**
 * Where the user stands. `kind` tells the states apart:
 *
 * - `restoring`: the secure store is being read. Ends by itself, without a request.
 * - `storageLocked`: the secure store is locked, so nobody knows yet. It is tried again by itself and at `resume()`.
 * - `signedOut`: nobody is signed in; `reason` says why.
 * - `mfaRequired`: a session is kept, and Appwrite wants another factor before it is of use. `factors` is what the user can choose
 *   from; empty if Appwrite could not be asked.
 * - `signedIn`: a session is kept. `user` is who it is, as far as is known; `verified` whether Appwrite has confirmed the session
 *   since the app started.
 */
export type SessionState =
  | { readonly kind: 'restoring' }
  | { readonly kind: 'storageLocked' }
  | { readonly kind: 'signedOut'; readonly reason: SignedOutReason }
  | { readonly kind: 'mfaRequired'; readonly factors: readonly Factor[] }
  | { readonly kind: 'signedIn'; readonly user: User | null; readonly verified: boolean };

/** The native names of the states, and their names here. */
export const stateKinds = {
  restoring: 'restoring',
  storage_locked: 'storageLocked',
  signed_out: 'signedOut',
  mfa_required: 'mfaRequired',
  signed_in: 'signedIn',
} as const satisfies Record<string, SessionState['kind']>;

/** One published state. */
export interface Change {
  /** Counts the changes of one client from 0. */
  readonly number: number;
  /** Where the user stands. */
  readonly state: SessionState;
  /** Whether what is held would survive the process. */
  readonly persistence: Persistence;
}

/** The native side's change. */
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

/** The user whose parts the native side sends one by one. */
function toUser({ userId, userName, userEmail }: NativeChange): User | null {
  if (userId == null) return null;
  return Object.freeze({ id: userId, name: userName ?? '', email: userEmail ?? null });
}
