/** The errors of this package. Each code stands for one thing that the app should do. */

import type { NativeError } from './NativeAppwriteSession';
import type { Problem } from './problem';
import type { SignedOutReason } from './state';

/** Every code. The list is the same in all languages and in the order of the README. */
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
  'reauthentication_required',
  'challenge_required',
  'callback_rejected',
  'screen_failed',
  'file_failed',
  'rate_limited',
  'network',
  'timeout',
  'untrusted',
  'proxy',
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
 * | `already_exists` | Offer to sign in, or go on: it exists already. |
 * | `signed_out` | Show the sign-in screen; `reason` says why. |
 * | `mfa_required` | Ask for the second factor. |
 * | `user_blocked` | Tell the user. The session is kept: a block can be lifted. |
 * | `forbidden` | Check the project's settings; `appwriteType` says which. |
 * | `unsupported` | Offer something else: this Appwrite, or this kind of session, does not support it. |
 * | `reauthentication_required` | Let the user sign in again, or answer a challenge, and make the call again; `detail` says for what. |
 * | `challenge_required` | Let the user answer a challenge of a second factor, and make the call again. |
 * | `callback_rejected` | Ignore the URL, or begin again; `detail` says why it does not complete the sign-in in the browser. |
 * | `screen_failed` | Offer another way to sign in, or mend the set-up; `detail` says why the platform's screen failed. |
 * | `file_failed` | A file could not be read or written; `detail` says why. |
 * | `rate_limited` | Wait as long as `retryAfterMs` says. |
 * | `network` | Try again when the network is back; `failureCause` says what failed. |
 * | `timeout` | Try again, if `isRetryable`: a call that is not idempotent may have arrived. |
 * | `untrusted` | Check the server's certificate, or the device's clock; `failureCause` says more. Nothing was sent. |
 * | `proxy` | Correct the proxy, or ask whoever runs it: it asks for credentials, or refuses. The device is not offline. Nothing was sent. |
 * | `appwrite_unavailable` | Try again later. Nothing was decided. |
 * | `storage_locked` | Try again when the device is unlocked. |
 * | `storage_unavailable` | Continue: the session is in memory, and saved as soon as that works. |
 * | `presence_required` | Offer to confirm with biometrics or the device passcode, and make the call again. |
 * | `origin_not_allowed` | Add the gateway to the client, if `origin` is yours. |
 * | `invalid_redirect` | Fix the gateway. |
 * | `invalid_response` | Fix the gateway, or what is read from its answer. |
 * | `response_too_large` | Ask the gateway for less, or raise `responseLimit`. |
 * | `unexpected_status` | Look at `status` and `problem`: the gateway did not answer with a success. |
 * | `superseded` | Nothing. A later sign-in or sign-out overtook this call. |
 * | `closed` | Build a new client. |
 * | `internal` | Report it: a bug of this library. |
 */
export type SessionErrorCode = (typeof sessionErrorCodes)[number];

/** Every cause of a failure, by its stable name, in the order of the core. */
export const failureCauses = [
  'dns',
  'refused',
  'unreachable',
  'reset',
  'tls_expired',
  'tls_not_yet_valid',
  'tls_wrong_host',
  'tls_unknown_issuer',
  'tls_revoked',
  'tls_pin',
  'tls_other',
  'proxy_credentials',
  'proxy_refused',
  'timed_out_connect',
  'timed_out_idle',
  'timed_out_total',
  'protocol',
  'too_large',
] as const;

/**
 * What failed in the network, in TLS or in HTTP. The names are the same in every language.
 *
 * | cause | meaning |
 * |---|---|
 * | `dns` | The host's name could not be resolved. |
 * | `refused` | The host refused the connection: nothing listens on the port. |
 * | `unreachable` | There is no route to the host, or the device has no network. |
 * | `reset` | An established connection broke, or did not answer any more and was given up. |
 * | `tls_expired` | The server's certificate has expired. |
 * | `tls_not_yet_valid` | The server's certificate is not valid yet. The device's clock may be wrong. |
 * | `tls_wrong_host` | The server's certificate is for another host. |
 * | `tls_unknown_issuer` | No trusted authority issued the server's certificate. |
 * | `tls_revoked` | The server's certificate was revoked. |
 * | `tls_pin` | The server's certificate is trusted, and has none of the keys that the app has pinned. |
 * | `tls_other` | Something else in the TLS handshake failed. |
 * | `proxy_credentials` | The proxy asks for credentials, or does not accept those that it got. |
 * | `proxy_refused` | The proxy refused the connection otherwise. |
 * | `timed_out_connect` | No connection was established within `timeouts.connectMs`. |
 * | `timed_out_idle` | No byte moved for `timeouts.idleMs`. |
 * | `timed_out_total` | `timeouts.totalMs`, or the time limit of the one call, passed. |
 * | `protocol` | The answer is not HTTP, or its head has too many or too long headers. |
 * | `too_large` | The answer's body is longer than `responseLimit`. |
 * | `other` | A cause that this version does not know. |
 */
export type FailureCause = (typeof failureCauses)[number] | 'other';

/** Every reason for which a screen fails, by its stable name, in the order of the core. */
export const screenFaults = ['not_linked', 'not_supported', 'nothing_to_offer', 'not_set_up', 'interrupted'] as const;

/**
 * Why the platform's screen for a sign-in could not do its work: the `detail` of the code `screen_failed`.
 *
 * | fault | meaning, and what to do |
 * |---|---|
 * | `not_linked` | The app does not contain the optional part that shows this screen. Add it. |
 * | `not_supported` | This device or this version of its system has no such screen. Offer another way to sign in. |
 * | `nothing_to_offer` | The screen has nothing to offer: no account of the provider is on the device, or no passkey for this app. Offer another way. |
 * | `not_set_up` | The app is not set up for it: a wrong client id, a missing entitlement or association with its domain. Mend the set-up. |
 * | `interrupted` | It was interrupted or is busy: no screen of the app is in front, or another sign-in is shown. Try again. |
 */
export type ScreenFault = (typeof screenFaults)[number];

/** What a {@link SessionError} has beside its code and message. */
export interface SessionErrorDetails {
  readonly isRetryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly failureCause?: FailureCause | undefined;
  readonly mayHaveArrived?: boolean | undefined;
  readonly status?: number | undefined;
  readonly appwriteType?: string | undefined;
  readonly reason?: SignedOutReason | undefined;
  readonly origin?: string | undefined;
  readonly detail?: string | undefined;
  readonly problem?: Problem | undefined;
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
 * No message holds anything of a server's answer, a request or the platform. `instanceof` also recognizes the errors of another copy
 * of this package in the same app.
 */
export class SessionError extends Error {
  /** What the app should do. */
  readonly code: SessionErrorCode;
  /** Whether the same call can work later without anybody changing anything. */
  readonly isRetryable: boolean;
  /** How long to wait before the next try, in milliseconds, if somebody said so. */
  readonly retryAfterMs: number | undefined;
  /** What failed in the network, in TLS or in HTTP, if that is why there is no answer. */
  readonly failureCause: FailureCause | undefined;
  /**
   * Whether the request may have reached the server, so that its work may have been done. `false` says that it certainly was not.
   */
  readonly mayHaveArrived: boolean;
  /** The HTTP status, if Appwrite answered, or with the code `unexpected_status` a gateway. */
  readonly status: number | undefined;
  /** Appwrite's own error `type`, if it refused in its own words. */
  readonly appwriteType: string | undefined;
  /** Why nobody is signed in, for the code `signed_out`. */
  readonly reason: SignedOutReason | undefined;
  /** The origin that was refused, for the code `origin_not_allowed`. */
  readonly origin: string | undefined;
  /**
   * The stable name of what more is known: for `unsupported` the first version of Appwrite that supports it, for
   * `reauthentication_required` `add_passkey`, `delete_passkey` or `other`, for `callback_rejected` `malformed`, `foreign`,
   * `unexpected`, `replayed` or `expired`, for `screen_failed` a {@link ScreenFault}, and for `file_failed`
   * `not_found`, `not_permitted`, `not_a_file`, `no_space`, `changed` or `other`.
   */
  readonly detail: string | undefined;
  /** What the gateway says about the error, if it answered with a problem document, for the code `unexpected_status`. */
  readonly problem: Problem | undefined;

  constructor(code: SessionErrorCode, message: string, details: SessionErrorDetails = {}) {
    super(message);
    // Where classes are compiled to functions, the object has the prototype of Error.
    Object.setPrototypeOf(this, new.target.prototype);
    Object.defineProperty(this, 'name', { value: 'SessionError', configurable: true, writable: true });
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.isRetryable = details.isRetryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.failureCause = details.failureCause;
    this.mayHaveArrived = details.mayHaveArrived ?? false;
    this.status = details.status;
    this.appwriteType = details.appwriteType;
    this.reason = details.reason;
    this.origin = details.origin;
    this.detail = details.detail;
    // The texts are the gateway's, so they are not shown when the error is logged.
    Object.defineProperty(this, 'problem', { value: details.problem, enumerable: false });
  }
}

// Defined here and not in the class: where classes are compiled to functions, it would be assigned to, which fails.
Object.defineProperty(SessionError, Symbol.hasInstance, {
  value(this: unknown, instance: unknown): boolean {
    // First the usual meaning of `instanceof`: a compiled class asks for it when the object has no brand yet.
    if (Function.prototype[Symbol.hasInstance].call(this, instance)) return true;
    return this === SessionError && typeof instance === 'object' && instance !== null && BRAND in instance;
  },
});

/** The error of a wrong configuration or argument. */
export const configError = (message: string): SessionError => new SessionError('config', message);

/** Converts the native side's error. A code that this version does not know is kept unchanged. */
export function toSessionError(error: NativeError): SessionError {
  return new SessionError(error.code as SessionErrorCode, error.message, {
    isRetryable: error.retryable,
    retryAfterMs: error.retryAfterMs ?? undefined,
    failureCause: toFailureCause(error.failureCause),
    mayHaveArrived: error.mayHaveArrived,
    status: error.status ?? undefined,
    appwriteType: error.type ?? undefined,
    reason: (error.reason ?? undefined) as SignedOutReason | undefined,
    origin: error.origin ?? undefined,
    detail: error.detail ?? undefined,
  });
}

/** Converts what a promise of the native side was rejected with, or what was thrown before the native side was reached. */
export function fromRejection(rejection: unknown): SessionError {
  if (rejection instanceof SessionError) return rejection;
  const { code, message, userInfo } = (rejection ?? {}) as { code?: unknown; message?: unknown; userInfo?: unknown };
  if (isNativeError(userInfo)) return toSessionError(userInfo);
  // Nothing is known about the request in these cases.
  const details = { mayHaveArrived: true };
  if (isKnown(code) && typeof message === 'string') return new SessionError(code, message, details);
  // The text of a foreign error is not used: it could hold anything.
  return new SessionError('internal', 'a bug in appwrite-session; please report it', details);
}

/** Whether a promise of the native side was rejected because the call was cancelled. */
export function isCancellation(rejection: unknown): boolean {
  return typeof rejection === 'object' && rejection !== null && 'code' in rejection && rejection.code === 'cancelled';
}

function isNativeError(value: unknown): value is NativeError {
  const { code, message } = (value ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' && typeof message === 'string';
}

function toFailureCause(cause: string | null | undefined): FailureCause | undefined {
  return cause == null ? undefined : (failureCauses.find((known) => known === cause) ?? 'other');
}

function isKnown(code: unknown): code is SessionErrorCode {
  return sessionErrorCodes.some((known) => known === code);
}
