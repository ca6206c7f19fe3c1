/** The users of the fake Appwrite, which a test creates and changes. */

import type { Core } from './core';

/** A session of a user, on this device or another. */
export interface FakeSessionInfo {
  readonly id: string;
  /** @internal */
  readonly credential: string;
  readonly provider: string;
  readonly createdAtMs: number;
  /** When it expires. It can be set. */
  expiresAtMs: number;
  /** The factors with which the user has confirmed. They can be set. */
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

/** A user as the mock's controls list it. */
interface Listed {
  userId: string;
  name: string;
  email: string | null;
  password: string | null;
  mfa: boolean;
  status: boolean;
  emailVerification: boolean;
  prefs: Record<string, unknown>;
  labels: string[];
}

interface ListedSession {
  sessionId: string;
  credential: string;
  provider: string;
  created: string;
  expire: string;
  factors: string[];
}

/** A user of the fake Appwrite. Changes that a test makes here have an effect on Appwrite's next answer. */
export class FakeUser {
  /** @internal */
  constructor(
    private readonly core: Core,
    readonly id: string,
  ) {}

  get email(): string | undefined {
    return this.listed.email ?? undefined;
  }
  set email(email: string | undefined) {
    this.change({ email });
  }

  get password(): string | undefined {
    return this.listed.password ?? undefined;
  }
  set password(password: string | undefined) {
    this.change({ password });
  }

  get name(): string {
    return this.listed.name;
  }
  set name(name: string) {
    this.change({ name });
  }

  /** Whether a second factor is required at sign-in. */
  get mfa(): boolean {
    return this.listed.mfa;
  }
  set mfa(mfa: boolean) {
    this.change({ mfa, totp: mfa });
  }

  get preferences(): Record<string, unknown> {
    return this.listed.prefs;
  }
  set preferences(prefs: Record<string, unknown>) {
    this.change({ prefs });
  }

  get labels(): string[] {
    return this.listed.labels;
  }
  set labels(labels: string[]) {
    this.change({ labels });
  }

  get emailVerified(): boolean {
    return this.listed.emailVerification;
  }
  set emailVerified(emailVerification: boolean) {
    this.change({ emailVerification });
  }

  /** Whether the user is blocked. A blocked user keeps the sessions, and is refused until the block is lifted. */
  get blocked(): boolean {
    return !this.listed.status;
  }
  set blocked(blocked: boolean) {
    this.change({ status: !blocked });
  }

  /** The user's sessions, on this device and others, the oldest first. */
  get sessions(): FakeSessionInfo[] {
    return (this.control('GET', '/sessions') as ListedSession[]).map((listed) => this.session(listed));
  }

  /** The code that the user's authenticator app shows now. */
  totp(): string {
    return (this.control('GET', '/totp') as { code: string }).code;
  }

  /** A token that the app's server made for this user, for `signInWithToken`. It can be used once. */
  token(): string {
    return (this.control('POST', '/tokens') as { secret: string }).secret;
  }

  /** Creates a session, as a sign-in on another device would. Returns its id, and the credential that Appwrite's own SDK would store. */
  signInElsewhere(provider = 'email'): { id: string; credential: string } {
    const { sessionId, credential } = this.control('POST', '/sessions', { provider }) as ListedSession;
    return { id: sessionId, credential };
  }

  /** Revokes every session of this user, as an administrator or a server would. The app notices at its next call. */
  revokeSessions(): void {
    this.control('DELETE', '/sessions');
  }

  private get listed(): Listed {
    const listed = listUsers(this.core).find(({ userId }) => userId === this.id);
    if (!listed) throw new Error(`there is no user ${this.id} any more: the world was reset`);
    return listed;
  }

  private change(to: object): void {
    this.control('PATCH', '', to);
  }

  private session({ sessionId: id, credential, provider, created, expire, factors }: ListedSession): FakeSessionInfo {
    const change = (to: object) => {
      this.control('PATCH', `/sessions/${id}`, to);
    };
    return {
      ...{ id, credential, provider, createdAtMs: Date.parse(created) },
      get expiresAtMs() {
        return Date.parse(expire);
      },
      set expiresAtMs(to: number) {
        change({ expire: to });
        expire = new Date(to).toISOString();
      },
      get factors() {
        return factors;
      },
      set factors(to: string[]) {
        change({ factors: to });
        factors = to;
      },
    };
  }

  private control(method: string, path: string, body?: object): unknown {
    return this.core.control(method, `/users/${this.id}${path}`, body);
  }
}

function listUsers(core: Core): Listed[] {
  return core.control('GET', '/users') as Listed[];
}

/** All users. */
export class Users {
  private known = new Map<string, FakeUser>();

  constructor(private readonly core: Core) {}

  /** Every user, those who signed up by themselves included. */
  get all(): FakeUser[] {
    return listUsers(this.core).map(({ userId }) => this.of(userId));
  }

  /** Makes a user. */
  add({ id, email, password, name, mfa, preferences, labels }: UserOptions): FakeUser {
    const isTaken = ({ userId, email: taken }: Listed) => userId === id || (taken && taken === email?.toLowerCase());
    if (listUsers(this.core).some(isTaken)) throw new Error(`there is a user ${email ?? id} already`);
    const made = { userId: id, email, password, name, mfa, totp: mfa, prefs: preferences, labels };
    return this.of((this.core.control('POST', '/users', made) as { userId: string }).userId);
  }

  /** There are none any more. */
  clear(): void {
    this.known = new Map();
  }

  private of(id: string): FakeUser {
    const user = this.known.get(id) ?? new FakeUser(this.core, id);
    this.known.set(id, user);
    return user;
  }
}
