/** Appwrite's account API, as the client calls it. It decides nothing. */

import { withoutUndefined } from '../../config';
import type { NativeAccount, NativeMfaChallenge, NativeSession } from '../../NativeAppwriteSession';
import { blobOf, carry, isSessionCookie, readBlob } from '../world/credential';
import type { HttpAnswer } from '../world/http';
import { EMPTY, header, jsonOf } from '../world/http';
import { appwriteUnavailable, refused } from './failure';
import type { User } from './state';
import type { Transport } from './transport';

/** How to sign in: the end of the path, and the input. */
export interface SignIn {
  by: 'email' | 'anonymous' | 'token';
  input: Record<string, string>;
}

type Json = Record<string, unknown>;

/** The user of an account. */
export function userOf(account: NativeAccount): User {
  return { id: account.userId, name: account.userName, email: account.userEmail };
}

/** Calls the API of one project. */
export class AppwriteApi {
  constructor(
    private readonly transport: Transport,
    private readonly endpoint: string,
    private readonly project: string,
  ) {}

  async createAccount(email: string, password: string, name: string | null): Promise<NativeAccount> {
    const input = { userId: 'unique()', email, password, ...(name === null ? {} : { name }) };
    return toAccount(await this.call('POST', '/account', undefined, input));
  }

  /** Creates a session. The request never carries a credential. */
  async createSession({ by, input }: SignIn): Promise<{ blob: string; sessionId: string }> {
    const answer = await this.call('POST', `/account/sessions/${by}`, undefined, input);
    const cookie = header(answer.headers, 'set-cookie') ?? '';
    const proof = isSessionCookie(cookie)
      ? readBlob(cookie.slice(cookie.indexOf('=') + 1).split(';')[0] ?? '')
      : undefined;
    if (!proof) {
      throw appwriteUnavailable();
    }
    return { blob: blobOf(proof.userId, proof.secret), sessionId: toSession(objectOf(answer)).id };
  }

  /** The request that decides whether a credential is still valid. */
  async account(blob: string): Promise<NativeAccount> {
    return toAccount(await this.call('GET', '/account', blob));
  }

  async sessions(blob: string): Promise<NativeSession[]> {
    const { sessions } = objectOf(await this.call('GET', '/account/sessions', blob));
    return (sessions as Json[]).map(toSession);
  }

  async currentSession(blob: string): Promise<NativeSession> {
    return toSession(objectOf(await this.call('GET', '/account/sessions/current', blob)));
  }

  async extendSession(blob: string): Promise<NativeSession> {
    const answer = await this.call('PATCH', '/account/sessions/current', blob, {});
    return { ...toSession(objectOf(answer)), current: true };
  }

  async deleteSession(id: string, blob: string): Promise<void> {
    await this.call('DELETE', `/account/sessions/${encodeURIComponent(id)}`, blob);
  }

  async deleteSessions(blob: string): Promise<void> {
    await this.call('DELETE', '/account/sessions', blob);
  }

  /** The factors to choose from. Empty if Appwrite cannot be asked. */
  async factors(blob: string): Promise<string[]> {
    try {
      const offered = objectOf(await this.call('GET', '/account/mfa/factors', blob));
      const names = { totp: 'totp', email: 'email', phone: 'phone', recoveryCode: 'recovery_code' };
      return Object.entries(names).flatMap(([wire, name]) => (offered[wire] === true ? [name] : []));
    } catch {
      return [];
    }
  }

  async createChallenge(factor: string, blob: string): Promise<NativeMfaChallenge> {
    const spelling = factor === 'recovery_code' ? 'recoveryCode' : factor;
    const answer = objectOf(await this.call('POST', '/account/mfa/challenge', blob, { factor: spelling }));
    return withoutUndefined<NativeMfaChallenge>({ id: text(answer.$id), expiresAtMs: time(answer.expire) });
  }

  async answerChallenge(challengeId: string, otp: string, blob: string): Promise<void> {
    await this.call('PUT', '/account/mfa/challenge', blob, { challengeId, otp });
  }

  private async call(method: string, path: string, blob: string | undefined, input?: Json): Promise<HttpAnswer> {
    const headers = [{ name: 'X-Appwrite-Project', value: this.project }];
    if (blob !== undefined) {
      headers.push(carry('session_header', this.project, blob));
    }
    const url = new URL(this.endpoint + path);
    const request = { method, url, headers, ...EMPTY, body: input ? JSON.stringify(input) : '' };
    const idempotent = method === 'GET' || method === 'DELETE';
    const deadline = this.transport.deadline(undefined);
    const answer = await this.transport.send(() => request, { deadline, idempotent });
    if (answer.status < 200 || answer.status > 299) {
      throw refused(answer);
    }
    return answer;
  }
}

function objectOf(answer: HttpAnswer): Json {
  const value = jsonOf(answer);
  if (typeof value !== 'object' || value === null) {
    throw appwriteUnavailable(answer.status);
  }
  return value as Json;
}

function toAccount(answer: HttpAnswer): NativeAccount {
  const body = objectOf(answer);
  return withoutUndefined<NativeAccount>({
    userId: text(body.$id),
    userName: text(body.name),
    userEmail: text(body.email) || undefined,
    phone: text(body.phone) || undefined,
    emailVerified: body.emailVerification === true,
    phoneVerified: body.phoneVerification === true,
    mfaEnabled: body.mfa === true,
    labels: body.labels as string[],
    preferencesJson: JSON.stringify(body.prefs ?? {}),
    registeredAtMs: time(body.registration),
  });
}

function toSession(body: Json): NativeSession {
  return withoutUndefined<NativeSession>({
    id: text(body.$id),
    userId: text(body.userId),
    provider: text(body.provider),
    current: body.current === true,
    factors: body.factors as string[],
    createdAtMs: time(body.$createdAt),
    expiresAtMs: time(body.expire),
    ip: text(body.ip),
    os: text(body.osName),
    clientName: text(body.clientName),
    device: text(body.deviceName),
    country: text(body.countryName),
  });
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function time(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
