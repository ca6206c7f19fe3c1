/** What Appwrite knows of the user: the account, its sessions and its challenges. */

import type { NativeAccount, NativeMfaChallenge, NativeSession } from './NativeAppwriteSession';
import type { User } from './state';

/** The account of the signed-in user. */
export interface Account {
  /** Who it is. */
  readonly user: User;
  /** The phone number, if there is one. */
  readonly phone: string | null;
  /** Whether the e-mail address is verified. */
  readonly emailVerified: boolean;
  /** Whether the phone number is verified. */
  readonly phoneVerified: boolean;
  /** Whether a second factor is asked for at sign-in. */
  readonly mfaEnabled: boolean;
  /** Labels that the app's servers gave the user. */
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
  /** The factors that its user has proven. */
  readonly factors: readonly string[];
  /** When it was created, in milliseconds since 1970. */
  readonly createdAtMs: number | null;
  /** When it ends unless it is extended, in milliseconds since 1970. Appwrite is the judge, not the device's clock. */
  readonly expiresAtMs: number | null;
  /** The address that it was created from. */
  readonly ip: string;
  /** The operating system's name, as Appwrite reads the user agent; empty if unknown. */
  readonly os: string;
  /** The client's name, likewise. */
  readonly client: string;
  /** The device's name, likewise. */
  readonly device: string;
  /** The country, as Appwrite reads the address; empty if unknown. */
  readonly country: string;
}

/** A challenge that waits for its code. */
export interface MfaChallenge {
  /** The challenge's id; an app that was restarted in between makes a challenge of it again: `{ id }`. */
  readonly id: string;
  /** When it can no longer be answered, in milliseconds since 1970. */
  readonly expiresAtMs?: number | null | undefined;
}

/**
 * What came of an import.
 *
 * | outcome | meaning |
 * |---|---|
 * | `imported` | The session is held, and stored. |
 * | `already_held` | The very session is held already: an import before this one was not cleaned up after. |
 * | `declined` | Another session is held, which stays. What was passed is left as it is, here and at Appwrite. |
 * | `nothing_found` | There was no session of this project in what was passed. |
 */
export type ImportOutcome = 'imported' | 'already_held' | 'declined' | 'nothing_found';

/** What came of an import, and what is left to do. */
export interface Import {
  /** What came of it. */
  readonly outcome: ImportOutcome;
  /** Whether the app is to erase what it passed, which is the credential in the open. */
  readonly mayErase: boolean;
}

/** The native side's account. */
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

/** The native side's session. */
export function toSession(native: NativeSession): Session {
  const { clientName, createdAtMs, expiresAtMs, ...same } = native;
  return { ...same, client: clientName, createdAtMs: createdAtMs ?? null, expiresAtMs: expiresAtMs ?? null };
}

/** The native side's challenge. */
export function toMfaChallenge(native: NativeMfaChallenge): MfaChallenge {
  return { id: native.id, expiresAtMs: native.expiresAtMs ?? null };
}

/** The native side's outcome. */
export function toImport(outcome: string): Import {
  return { outcome: outcome as ImportOutcome, mayErase: outcome === 'imported' || outcome === 'already_held' };
}
