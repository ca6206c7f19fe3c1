/** The user's account at Appwrite, its sessions and its challenges. */

import type { NativeAccount, NativeMfaChallenge, NativeSession } from './NativeAppwriteSession';
import type { User } from './state';

/** The account of the signed-in user. */
export interface Account {
  /** The user. */
  readonly user: User;
  /** The phone number, if there is one. */
  readonly phone: string | null;
  /** Whether the e-mail address is verified. */
  readonly emailVerified: boolean;
  /** Whether the phone number is verified. */
  readonly phoneVerified: boolean;
  /** Whether a second factor is required at sign-in. */
  readonly mfaEnabled: boolean;
  /** The labels that the app's servers gave the user. */
  readonly labels: readonly string[];
  /** The user's preferences. */
  readonly preferences: Readonly<Record<string, unknown>>;
  /** When the user signed up, in milliseconds since 1970. */
  readonly registeredAtMs: number | null;
}

/** One session of the signed-in user, on this device or another. */
export interface Session {
  /** The session's id: a name, not a credential. */
  readonly id: string;
  /** The id of its user. */
  readonly userId: string;
  /** How it was created: `email`, `anonymous`, `token`, an OAuth2 provider's name. */
  readonly provider: string;
  /** Whether it is the session of this device. */
  readonly current: boolean;
  /** The factors with which the user has confirmed the sign-in. */
  readonly factors: readonly string[];
  /** When it was created, in milliseconds since 1970. */
  readonly createdAtMs: number | null;
  /** When it expires unless it is extended, in milliseconds since 1970. Appwrite decides about that, not the device's clock. */
  readonly expiresAtMs: number | null;
  /** The IP address from which it was created. */
  readonly ip: string;
  /** The operating system's name, which Appwrite takes from the user agent; empty if unknown. */
  readonly os: string;
  /** The client's name, which Appwrite takes from the user agent; empty if unknown. */
  readonly client: string;
  /** The device's name, which Appwrite takes from the user agent; empty if unknown. */
  readonly device: string;
  /** The country, which Appwrite takes from the IP address; empty if unknown. */
  readonly country: string;
}

/** A challenge of a second factor, which is completed with a code. */
export interface MfaChallenge {
  /** The challenge's id. It is enough to complete the challenge after a restart of the app: `{ id }`. */
  readonly id: string;
  /** When it expires, in milliseconds since 1970. */
  readonly expiresAtMs?: number | null | undefined;
}

/**
 * The outcome of an import.
 *
 * | outcome | meaning |
 * |---|---|
 * | `imported` | The session was taken over and stored. |
 * | `already_held` | The client has this very session already: after an earlier import, the legacy session was not erased. |
 * | `declined` | The client has another session, which stays. The legacy session is not changed, here and at Appwrite. |
 * | `nothing_found` | What was passed contains no session of this project. |
 */
export type ImportOutcome = 'imported' | 'already_held' | 'declined' | 'nothing_found';

/** The result of an import. */
export interface Import {
  /** The outcome. */
  readonly outcome: ImportOutcome;
  /** Whether the app should erase what it passed. It is the unencrypted credential. */
  readonly mayErase: boolean;
}

/** Converts the native side's account. */
export function toAccount(native: NativeAccount): Account {
  return {
    user: { id: native.userId, name: native.userName, email: native.userEmail ?? null },
    phone: native.phone ?? null,
    emailVerified: native.emailVerified,
    phoneVerified: native.phoneVerified,
    mfaEnabled: native.mfaEnabled,
    labels: native.labels,
    preferences: JSON.parse(native.preferencesJson) as Record<string, unknown>,
    registeredAtMs: native.registeredAtMs ?? null,
  };
}

/** Converts the native side's session. */
export function toSession(native: NativeSession): Session {
  const { clientName, createdAtMs, expiresAtMs, ...same } = native;
  return { ...same, client: clientName, createdAtMs: createdAtMs ?? null, expiresAtMs: expiresAtMs ?? null };
}

/** Converts the native side's challenge. */
export function toMfaChallenge(native: NativeMfaChallenge): MfaChallenge {
  return { id: native.id, expiresAtMs: native.expiresAtMs ?? null };
}

/** Converts the native side's outcome. */
export function toImport(outcome: string): Import {
  return { outcome: outcome as ImportOutcome, mayErase: outcome === 'imported' || outcome === 'already_held' };
}
