/** The users of the fake Appwrite, which a test creates and changes. */

import { blobOf } from './credential';

/** A session of a user, on this device or another. */
export interface FakeSessionInfo {
  readonly id: string;
  /** @internal */
  readonly secret: string;
  readonly provider: string;
  readonly createdAtMs: number;
  expiresAtMs: number;
  /** The factors with which the user has confirmed. */
  factors: string[];
}

/** The properties of a new user. */
export interface UserOptions {
  /** The id. One is generated if it is not set. */
  id?: string;
  /** The e-mail address. Without one, the user can sign in only with a token. */
  email?: string;
  /** The password. */
  password?: string;
  /** The name. */
  name?: string;
  /** Whether a second factor is required at sign-in: a code of an authenticator app. */
  mfa?: boolean;
  /** The user's preferences. */
  preferences?: Record<string, unknown>;
  /** The labels that the app's servers gave the user. */
  labels?: string[];
}

const YEAR = 365 * 24 * 3600 * 1000;

/** A user of the fake Appwrite. Changes that a test makes here have an effect on Appwrite's next answer. */
export class FakeUser {
  readonly id: string;
  email: string | undefined;
  password: string | undefined;
  name: string;
  /** Whether a second factor is required at sign-in. */
  mfa: boolean;
  preferences: Record<string, unknown>;
  labels: string[];
  emailVerified = false;
  /** Whether the user is blocked. A blocked user keeps the sessions, and is refused until the block is lifted. */
  blocked = false;
  /** @internal */
  readonly registeredAtMs = Date.now();
  /** The user's sessions, on this device and others, the oldest first. */
  sessions: FakeSessionInfo[] = [];
  /** @internal */
  tokens: string[] = [];
  /** @internal */
  challenges: string[] = [];
  /** @internal */
  readonly totpCode: string;

  /** @internal */
  constructor(number: number, options: UserOptions) {
    this.id = options.id ?? `user${number}`;
    this.email = options.email?.toLowerCase();
    this.password = options.password;
    this.name = options.name ?? '';
    this.mfa = options.mfa ?? false;
    this.preferences = options.preferences ?? {};
    this.labels = options.labels ?? [];
    this.totpCode = String(100_000 + number);
  }

  /** The code that the user's authenticator app shows now. */
  totp(): string {
    return this.totpCode;
  }

  /** A token that the app's server made for this user, for `signInWithToken`. It can be used once. */
  token(): string {
    const secret = `token-${this.id}-${this.tokens.length}-${random()}`;
    this.tokens.push(secret);
    return secret;
  }

  /** Creates a session, as a sign-in on another device would. Returns its id, and the credential that Appwrite's own SDK would store. */
  signInElsewhere(provider = 'email'): { id: string; credential: string } {
    const { id, secret } = this.open(provider, ['password']);
    return { id, credential: blobOf(this.id, secret) };
  }

  /** Revokes every session of this user, as an administrator or a server would. The app notices at its next call. */
  revokeSessions(): void {
    this.sessions = [];
  }

  /** @internal */
  open(provider: string, factors: string[]): FakeSessionInfo {
    const now = Date.now();
    const session = {
      id: `session-${random()}`,
      secret: random(),
      provider,
      factors,
      createdAtMs: now,
      expiresAtMs: now + YEAR,
    };
    this.sessions.push(session);
    return session;
  }
}

function random(): string {
  return Math.random().toString(36).slice(2, 14);
}
