/** What can go wrong, told by what the app should do about it. */

import type { NativeError } from './NativeAppwriteSession';
import type { SignedOutReason } from './state';

/** Every code there is: one list for all languages, in the order of the README. */
export const sessionErrorCodes = [
  'config',
  'invalid_credentials',
  'invalid_token',
  'invalid_input',
  'already_exists',
  'signed_out',
  'mfa_required',
  'user_blocked',
  'forbidden',
  'unsupported',
  'rate_limited',
  'network',
  'timeout',
  'untrusted',
  'appwrite_unavailable',
  'storage_locked',
  'storage_unavailable',
  'presence_required',
  'origin_not_allowed',
  'invalid_redirect',
  'invalid_response',
  'response_too_large',
  'unexpected_status',
  'superseded',
  'closed',
  'internal',
] as const;

/**
 * What the app should do about an error. Stable across versions, and the same in every language.
 *
 * | code | what the app should do |
 * |---|---|
 * | `config` | Fix the code; the message says what to write instead. |
 * | `invalid_credentials` | Let the user try the e-mail and password again. |
 * | `invalid_token` | Ask for a new code or token. |
 * | `invalid_input` | Correct the input; `appwriteType` says what Appwrite refused. |
 * | `already_exists` | Offer to sign in. |
 * | `signed_out` | Show the sign-in screen; `reason` says why. |
 * | `mfa_required` | Ask for the second factor. |
 * | `user_blocked` | Tell the user. The session is kept: a block can be lifted. |
 * | `forbidden` | Check the project's settings; `appwriteType` says which. |
 * | `unsupported` | Do without it: this Appwrite, or this kind of session, does not support it. |
 * | `rate_limited` | Wait as long as `retryAfterMs` says. |
 * | `network` | Try again when the network is back. |
 * | `timeout` | Try again. |
 * | `untrusted` | Check the server's certificate, or the device's clock. Nothing was sent. |
 * | `appwrite_unavailable` | Try again later. Nothing was decided. |
 * | `storage_locked` | Wait for the unlock, or call `resume()` after it. |
 * | `storage_unavailable` | Go on; it is done in memory and saved when that works. |
 * | `presence_required` | Offer to unlock, and make the call again. |
 * | `origin_not_allowed` | Add the gateway to the client, if `origin` is yours. |
 * | `invalid_redirect` | Fix the gateway. |
 * | `invalid_response` | Fix the gateway, or what is read from its answer. |
 * | `response_too_large` | Ask the gateway for less. |
 * | `unexpected_status` | Look at `status`; the gateway refused. |
 * | `superseded` | Nothing; a later sign-in or sign-out took the place of this call. |
 * | `closed` | Build a new client. |
 * | `internal` | Report it: a bug of this library. |
 */
export type SessionErrorCode = (typeof sessionErrorCodes)[number];

/** What a {@link SessionError} says beside its code and message. */
export interface SessionErrorDetails {
  readonly isRetryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly status?: number | undefined;
  readonly appwriteType?: string | undefined;
  readonly reason?: SignedOutReason | undefined;
  readonly origin?: string | undefined;
}

const BRAND = Symbol.for('react-native-appwrite-session.SessionError');

/**
 * Why a call failed. Each {@link SessionError.code} is one thing for the app to do.
 *
 * ```ts
 * catch (error) {
 *   if (error instanceof SessionError && error.code === 'invalid_credentials') …
 * }
 * ```
 *
 * No message holds anything of a server's answer, a request or the platform. `instanceof` also knows the errors of another copy of
 * this package in the same app.
 */
export class SessionError extends Error {
  /** What the app should do. */
  readonly code: SessionErrorCode;
  /** Whether the same call can work later without anybody changing anything. */
  readonly isRetryable: boolean;
  /** How long to wait before the next try, in milliseconds, if somebody said so. */
  readonly retryAfterMs: number | undefined;
  /** The HTTP status, if Appwrite answered. */
  readonly status: number | undefined;
  /** Appwrite's own error `type`, if it refused in its own words. */
  readonly appwriteType: string | undefined;
  /** Why nobody is signed in, for the code `signed_out`. */
  readonly reason: SignedOutReason | undefined;
  /** The origin that was refused, for the code `origin_not_allowed`. */
  readonly origin: string | undefined;

  constructor(code: SessionErrorCode, message: string, details: SessionErrorDetails = {}) {
    super(message);
    // A class that was compiled down to functions would leave the prototype of Error.
    Object.setPrototypeOf(this, new.target.prototype);
    Object.defineProperty(this, 'name', { value: 'SessionError', configurable: true, writable: true });
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.isRetryable = details.isRetryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
    this.appwriteType = details.appwriteType;
    this.reason = details.reason;
    this.origin = details.origin;
  }
}

// Defined, since the one of functions cannot be assigned to, as a class that was compiled down would.
Object.defineProperty(SessionError, Symbol.hasInstance, {
  value(this: unknown, instance: unknown): boolean {
    // First what `instanceof` means without this: a compiled class asks it of an object that has no brand yet.
    if (Function.prototype[Symbol.hasInstance].call(this, instance)) return true;
    return this === SessionError && typeof instance === 'object' && instance !== null && BRAND in instance;
  },
});

/** The error of a wrong configuration or argument. */
export const misused = (message: string): SessionError => new SessionError('config', message);

/** The native side's error. A code that this version does not know is kept as it is. */
export function toSessionError(error: NativeError): SessionError {
  return new SessionError(error.code as SessionErrorCode, error.message, {
    isRetryable: error.retryable,
    retryAfterMs: error.retryAfterMs ?? undefined,
    status: error.status ?? undefined,
    appwriteType: error.type ?? undefined,
    reason: (error.reason ?? undefined) as SignedOutReason | undefined,
    origin: error.origin ?? undefined,
  });
}

/** What a promise of the native side was rejected with, or whatever else was thrown on the way there. */
export function fromRejection(rejection: unknown): SessionError {
  if (rejection instanceof SessionError) return rejection;
  const { code, message, userInfo } = (rejection ?? {}) as { code?: unknown; message?: unknown; userInfo?: unknown };
  if (isNativeError(userInfo)) return toSessionError(userInfo);
  if (isKnown(code) && typeof message === 'string') return new SessionError(code, message);
  // Its text stays where it is: it could hold anything.
  return new SessionError('internal', 'a bug in appwrite-session; please report it');
}

/** Whether the native side says that a call was cancelled. */
export function isCancellation(rejection: unknown): boolean {
  return typeof rejection === 'object' && rejection !== null && 'code' in rejection && rejection.code === 'cancelled';
}

function isNativeError(value: unknown): value is NativeError {
  const { code, message } = (value ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' && typeof message === 'string';
}

function isKnown(code: unknown): code is SessionErrorCode {
  return sessionErrorCodes.some((known) => known === code);
}
