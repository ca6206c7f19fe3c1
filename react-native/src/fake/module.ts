/** The fake of the native module. Its clients act in the fake world. */

import type {
  NativeAccount,
  NativeAuthorization,
  NativeChange,
  NativeConfig,
  NativeMfaChallenge,
  NativeOpening,
  NativeRequest,
  NativeResponse,
  NativeSession,
  Spec,
} from '../NativeAppwriteSession';
import { allowsRepetition } from './client/calls';
import { FakeClient } from './client/client';
import { checkId, oneOf } from './client/config';
import { Failure, closed } from './client/failure';
import type { World } from './world';

/** The fake of the native module. */
export class FakeModule implements Spec {
  /** The clients that are not closed. */
  readonly clients = new Map<number, FakeClient>();
  private readonly closed = new Map<number, FakeClient>();
  /** The clients that were open when JavaScript was reloaded, and were not built again yet. */
  private retained: FakeClient[] = [];
  private readonly listeners = new Set<(change: NativeChange) => unknown>();
  private readonly calls = new Map<string, AbortController>();
  private last = 0;

  constructor(private readonly world: World) {}

  readonly onChange = ((listener: (change: NativeChange) => unknown) => {
    this.listeners.add(listener);
    return {
      remove: () => {
        this.listeners.delete(listener);
      },
    };
  }) as unknown as Spec['onChange'];

  createClient = (config: NativeConfig): NativeOpening => {
    const taken = this.retained.find((client) => client.wasBuiltFrom(config));
    if (taken) {
      this.retained = this.retained.filter((client) => client !== taken);
      this.clients.set(taken.number, taken);
      return { client: taken.number };
    }
    try {
      const client = ++this.last;
      const published = (change: NativeChange) => {
        for (const listener of [...this.listeners]) listener(change);
      };
      const made = new FakeClient(this.world, config, client, published);
      this.clients.set(client, made);
      this.closeOutdated(made);
      return { client };
    } catch (failure) {
      if (failure instanceof Failure) return { client: 0, error: failure.native };
      throw failure;
    }
  };

  change = (client: number): NativeChange =>
    (this.clients.get(client) ?? this.closed.get(client))?.change ?? { ...NEVER, client };

  close = (client: number): Promise<void> =>
    this.on(client, async (found) => {
      this.clients.delete(client);
      this.closed.set(client, found);
      await found.session.close();
    });

  restored = (client: number): Promise<void> => this.on(client, ({ session }) => session.restored());
  resume = (client: number): Promise<void> => this.on(client, ({ session }) => session.resume());
  pause = (client: number): void => {
    this.clients.get(client)?.session.pause();
  };

  signUpWithEmail = (client: number, email: string, password: string, name: string | null): Promise<NativeAccount> =>
    this.on(client, ({ session }) => session.signUp(email, password, name));
  signInWithEmail = (client: number, email: string, password: string): Promise<void> =>
    this.on(client, ({ session }) => session.signIn({ by: 'email', input: { email, password } }));
  signInAnonymously = (client: number): Promise<void> =>
    this.on(client, ({ session }) => session.signIn({ by: 'anonymous', input: {} }));
  signInWithToken = (client: number, userId: string, secret: string): Promise<void> =>
    this.on(client, ({ session }) => {
      checkId('user', userId);
      return session.signIn({ by: 'token', input: { userId, secret } });
    });
  createMfaChallenge = (client: number, factor: string): Promise<NativeMfaChallenge> =>
    this.on(client, ({ session }) => {
      oneOf('factor', factor, ['totp', 'email', 'phone', 'recovery_code']);
      return session.createChallenge(factor);
    });
  completeMfaChallenge = (client: number, challengeId: string, code: string): Promise<void> =>
    this.on(client, ({ session }) => {
      checkId('challenge', challengeId);
      return session.answerChallenge(challengeId, code);
    });
  importSession = (client: number, legacy: string): Promise<string> =>
    this.on(client, ({ session }) => session.importLegacy(legacy));
  signOut = (client: number): Promise<void> => this.on(client, ({ session }) => session.signOut());
  signOutEverywhere = (client: number): Promise<void> => this.on(client, ({ session }) => session.signOutEverywhere());

  account = (client: number): Promise<NativeAccount> => this.on(client, ({ session }) => session.account());
  sessions = (client: number): Promise<NativeSession[]> => this.on(client, ({ session }) => session.sessions());
  currentSession = (client: number): Promise<NativeSession> =>
    this.on(client, ({ session }) => session.currentSession());
  extendSession = (client: number): Promise<NativeSession> => this.on(client, ({ session }) => session.extendSession());
  revokeSession = (client: number, id: string): Promise<void> =>
    this.on(client, ({ session }) => {
      checkId('session', id);
      return session.revokeSession(id);
    });

  send = (client: number, call: number, request: NativeRequest): Promise<NativeResponse> =>
    this.on(client, async ({ calls }) => {
      const key = `${client}/${call}`;
      const controller = new AbortController();
      this.calls.set(key, controller);
      try {
        return await calls.send(request, controller.signal);
      } finally {
        this.calls.delete(key);
      }
    });

  cancel = (client: number, call: number): void => {
    this.calls.get(`${client}/${call}`)?.abort();
  };

  authorize = (client: number, target: string): Promise<NativeAuthorization> =>
    this.on(client, ({ calls }) => calls.authorize(target));
  reportUnauthorized = (client: number, authorization: number): Promise<string> =>
    this.on(client, ({ calls }) => calls.reportUnauthorized(authorization));

  allowsRepetition = allowsRepetition;

  /** JavaScript was reloaded: its listeners are gone, and its clients are kept until they are built again. */
  reloaded(): void {
    this.listeners.clear();
    for (const call of this.calls.values()) call.abort();
    this.retained.push(...this.clients.values());
    this.clients.clear();
  }

  /** Closes retained clients of the same account that have another configuration than the new client. */
  private closeOutdated(made: FakeClient): void {
    for (const client of this.retained.filter(({ key }) => key === made.key)) {
      client.session.close().catch(() => undefined);
      this.closed.set(client.number, client);
    }
    this.retained = this.retained.filter(({ key }) => key !== made.key);
  }

  /** Does `work` with a client. Failures are rejected as React Native rejects them. */
  private async on<T>(client: number, work: (found: FakeClient) => Promise<T>): Promise<T> {
    try {
      const found = this.clients.get(client);
      if (!found) throw closed();
      return await work(found);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      const { code, message } = failure.native;
      throw Object.assign(new Error(message), { code, userInfo: { ...failure.native } });
    }
  }
}

/** The change of a client that never existed. */
const NEVER: Omit<NativeChange, 'client'> = {
  number: 0,
  kind: 'signed_out',
  reason: 'no_session',
  factors: [],
  verified: false,
  persistence: 'durable',
};
