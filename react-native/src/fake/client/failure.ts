/** The failures of the fake, with the codes and messages of the real module. */

import type { NativeError } from '../../NativeAppwriteSession';
import type { HttpAnswer } from '../world/http';
import { header, jsonOf } from '../world/http';
import type { Reason } from './state';

/** Status and `type` of a refusal by Appwrite. */
interface Refusal {
  status: number;
  type: string;
}

const RETRYABLE = ['rate_limited', 'appwrite_unavailable', 'storage_locked', 'storage_unavailable'];
/** With these codes a call fails before anything is sent. */
const UNSENT = ['config', 'origin_not_allowed', 'storage_locked', 'presence_required'];

/** A call that failed. */
export class Failure extends Error {
  readonly native: NativeError;

  constructor(
    code: string,
    message: string,
    details: Partial<NativeError> = {},
    private readonly refusal?: Refusal,
  ) {
    super(message);
    const known = Object.entries<unknown>(details).filter(([, value]) => value !== undefined);
    const usual = { retryable: RETRYABLE.includes(code), mayHaveArrived: !UNSENT.includes(code) };
    this.native = { code, message, ...usual, ...Object.fromEntries(known) };
  }

  /** Whether Appwrite knows no user for the credential that was sent. */
  get isGuest(): boolean {
    return this.isRefusal(401, 'general_unauthorized_scope');
  }

  /** Whether the credential lives and another factor is missing. */
  get isMfaPending(): boolean {
    return this.isRefusal(401, 'user_more_factors_required');
  }

  /** Whether a session that was to be deleted is gone already. */
  get isGone(): boolean {
    return this.isGuest || this.isRefusal(404, 'user_session_not_found');
  }

  private isRefusal(status: number, type: string): boolean {
    return this.refusal?.status === status && this.refusal.type === type;
  }
}

/** A wrong configuration or argument. The message says what to write instead. */
export const misconfigured = (message: string) => new Failure('config', message);
/** This client may not change the session. */
export const readOnly = () =>
  misconfigured(
    'this client may only read the session; sign in and out in the app itself, with a client that is not read-only',
  );
/** Nobody is signed in. */
export const signedOut = (reason: Reason) => new Failure('signed_out', `nobody is signed in (${reason})`, { reason });
/** The second factor is missing. */
export const mfaRequired = () => new Failure('mfa_required', 'a second factor is needed to complete the sign-in');
/** The store is locked. */
export const storageLocked = () => new Failure('storage_locked', 'the secure store is locked');
/** The store does not work. */
export const storageUnavailable = () => new Failure('storage_unavailable', 'the secure store is unavailable');
/** The user did not confirm, or could not be asked. */
export const presenceRequired = () => new Failure('presence_required', 'user presence is required');
/** A sign-out or another sign-in overtook the call. */
export const superseded = () => new Failure('superseded', 'overtaken by a sign-out or another sign-in');
/** The client was closed. */
export const closed = () => new Failure('closed', 'the client is closed');
/** The caller cancelled the call. */
export const cancelled = () => new Failure('cancelled', 'the call was cancelled');
/** The network failed, or there was no answer in time. */
export const transportFailed = (failureCause: string, mayHaveArrived: boolean, isIdempotent: boolean) => {
  const [code, what] = failureCause.startsWith('timed_out')
    ? (['timeout', 'no answer in time'] as const)
    : (['network', 'the network failed'] as const);
  const retryable = isIdempotent || !mayHaveArrived;
  return new Failure(code, `${what} (${failureCause})`, { failureCause, mayHaveArrived, retryable });
};
/** The body of an answer is longer than its limit. */
export const tooLarge = () =>
  new Failure('response_too_large', 'the answer is longer than its limit', { failureCause: 'too_large' });
/** A redirect that cannot be followed. */
export const invalidRedirect = () => new Failure('invalid_redirect', "the gateway's redirect cannot be followed");
/** A URL that is not of an allowed gateway. */
export const originNotAllowed = (origin: string) => {
  const message = `${origin} is not an allowed gateway; give it to the client as one if it is yours`;
  return new Failure('origin_not_allowed', message, { origin });
};
/** Appwrite does not work, or its answer makes no sense. */
export const appwriteUnavailable = (status?: number, retryAfterMs?: number) => {
  const message = `Appwrite is unavailable${status === undefined ? '' : ` (status ${status})`}`;
  return new Failure('appwrite_unavailable', message, { status, retryAfterMs });
};

/** How long an answer asks to wait. */
export function waitHint(answer: HttpAnswer): number | undefined {
  const seconds = header(answer.headers, 'retry-after');
  return seconds !== undefined && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

/** The failure that an answer of Appwrite with an error status means. */
export function refused(answer: HttpAnswer): Failure {
  const { status } = answer;
  const retryAfterMs = waitHint(answer);
  const { type } = (jsonOf(answer) ?? {}) as { type?: unknown };
  const isWord = typeof type === 'string' && /^[a-z0-9_]{1,64}$/.test(type) && (status < 500 || status === 501);
  if (status === 429) {
    return new Failure('rate_limited', 'too many requests', { retryAfterMs });
  }
  if (!isWord) {
    return appwriteUnavailable(status, retryAfterMs);
  }
  const refusal = { status, type };
  const known = BY_TYPE[type];
  if (known) {
    return new Failure(...known, {}, refusal);
  }
  const isInput = [400, 404, 409, 412, 422].includes(status) && type !== 'project_not_found';
  const [code, says] = isInput
    ? (['invalid_input', 'refused the request'] as const)
    : (['forbidden', 'forbids this'] as const);
  return new Failure(code, `Appwrite ${says} (${status} ${type})`, refusal, refusal);
}

const EXISTS: [string, string] = ['already_exists', 'a user with this id, e-mail or phone exists already'];

const BY_TYPE: Record<string, [code: string, message: string]> = {
  user_invalid_credentials: ['invalid_credentials', 'Appwrite refused the sign-in data'],
  user_invalid_token: ['invalid_token', 'the code or token is wrong or no longer valid'],
  user_blocked: ['user_blocked', 'the user is blocked'],
  user_more_factors_required: ['mfa_required', 'a second factor is needed to complete the sign-in'],
  user_already_exists: EXISTS,
  user_email_already_exists: EXISTS,
  user_phone_already_exists: EXISTS,
};

/** Whether a call failed with that code. */
export function isOf(failure: unknown, code: string): boolean {
  return failure instanceof Failure && failure.native.code === code;
}
