/** The configuration of a client, and its conversion for the native side. */

import { configError, type SessionError } from './errors';
import type { NativeConfig, NativeGateway, NativePresence } from './NativeAppwriteSession';
import type { Persistence } from './state';

/**
 * How the credential travels to a gateway. Exactly one carrier is sent.
 *
 * | carrier | what is sent |
 * |---|---|
 * | `cookie` | `Cookie: a_session_<project>=…`, the cookie that Appwrite itself sets. |
 * | `fallback_cookies` | `X-Fallback-Cookies: {"a_session_<project>":"…"}`, for a gateway behind a proxy that drops or rewrites cookies. |
 * | `session_header` | `X-Appwrite-Session: …`, the simplest one for a gateway to pass on. |
 * | `access_token` | `Authorization: Bearer …` with a token that the gateway issues (`POST /_gateway/token`) and that microservices verify alone. The credential goes to the gateway only to get one, some five minutes apart. Tokens are in memory only, and renewed unseen. If none can be had, the call fails. |
 * | `appwrite_jwt` | `Authorization: Bearer …` with a JWT that Appwrite makes for the session, for a gateway that asks Appwrite about it. It lives for 15 minutes. |
 * | `appwrite_jwt_header` | `X-Appwrite-JWT: …`; otherwise as `appwrite_jwt`. |
 */
export type Carrier =
  'cookie' | 'fallback_cookies' | 'session_header' | 'access_token' | 'appwrite_jwt' | 'appwrite_jwt_header';

/** An allowed gateway. */
export interface Gateway {
  /** Its origin, such as `https://api.example.com`. */
  readonly url: string;
  /** How the credential travels to it. `cookie` if not set. */
  readonly carrier?: Carrier | undefined;
}

/**
 * How often the user must confirm with biometrics or the device passcode, and the texts of the platform's dialog. `policy` says how
 * long a confirmation is valid. A sign-in counts as a confirmation, too.
 *
 * - `default`: until the process ends. The user is asked once after each start of the app.
 * - `always`: only for the calls that wait for it. The user is asked for each use.
 * - `session`: for `timeoutMs` milliseconds.
 * - `lifecycle`: until the app has been in the background for longer than `timeoutMs` milliseconds.
 */
export type Presence = {
  /** The title of the dialog. It must not be empty. */
  readonly title: string;
  /** A second line of the dialog. */
  readonly subtitle?: string | undefined;
  /** The label of the button that closes the dialog. It must not be empty. */
  readonly cancel: string;
} & (
  { readonly policy: 'default' | 'always' } | { readonly policy: 'session' | 'lifecycle'; readonly timeoutMs: number }
);

/** Time limits in milliseconds. */
export interface Timeouts {
  /** For establishing a connection, TLS included. 10 seconds if not set. */
  readonly connectMs?: number | undefined;
  /** Without a single byte in either direction. 30 seconds if not set. */
  readonly idleMs?: number | undefined;
  /** For a whole call: attempts, redirects, the answer's body and the arbitration of a 401. 60 seconds if not set. */
  readonly totalMs?: number | undefined;
}

/** The configuration of a client. */
export interface SessionConfig {
  /** The URL of Appwrite; it ends in `/v1`. */
  readonly endpoint: string;
  /** The project's id. */
  readonly project: string;
  /** The app's own gateways. The first one is the default: calls with a path go to it. */
  readonly gateways: readonly (string | Gateway)[];
  /** Keeps this client's session apart from others of the same project, for apps with several accounts. */
  readonly accountSlot?: string | undefined;
  /** `durable` if not set: the session is kept in the platform's secure store. `memory_only` keeps nothing across a restart of the app. */
  readonly persistence?: Persistence | undefined;
  /**
   * Makes a client for a second process of the app, such as an extension: it uses the session that the app stored, notices at
   * `resume()` and at a gateway's 401 that the app changed it, and never writes. Signing in and out fails with `config`.
   */
  readonly readOnly?: boolean | undefined;
  /** On iOS: the Keychain access group in which the app and its extensions share the session. */
  readonly keychainAccessGroup?: string | undefined;
  /**
   * Forgets a session that an earlier installation of the app stored, and revokes it. iOS keeps the Keychain when an app is removed.
   */
  readonly forgetAfterReinstall?: boolean | undefined;
  /**
   * Requires biometrics or the device passcode before the session is used: for gateway calls, `authorize` and calls about the
   * account. A call for which the user does not confirm fails with `presence_required`. Restoring, signing in and signing out do not
   * ask, and the user is not asked while the app is in the background.
   */
  readonly presence?: Presence | undefined;
  /** Time limits. */
  readonly timeouts?: Timeouts | undefined;
  /** How often an idempotent call is tried, the first time included. 3 if not set. */
  readonly attempts?: number | undefined;
  /**
   * How many bytes the body of a gateway's answer may have. It is held in memory. 16 MiB if not set. A longer one fails with
   * `response_too_large`.
   */
  readonly responseLimit?: number | undefined;
  /** Root certificates in PEM that are trusted beside the platform's own, for Appwrite and for gateways. */
  readonly rootCertificates?: readonly string[] | undefined;
  /** Whether `resume()` and `pause()` are called when the app comes to the foreground or goes to the background. `true` if not set. */
  readonly followAppState?: boolean | undefined;
  /**
   * Whether the client completes sign-ins in the browser by itself with the links that open the app, also after a restart. `true` if not set. All
   * other links change nothing.
   */
  readonly followLinks?: boolean | undefined;
  /**
   * Called if a link was the callback of a sign-in in the browser and could not be used, and no call of `signInWithOAuth2` waits for it: the app has
   * started anew meanwhile. The error is one of those of `completeOAuth2`.
   */
  readonly onCallbackFailed?: ((error: SessionError) => void) | undefined;
}

/** Converts the configuration for the native side, which checks its content. Here only the types are checked. */
export function toNativeConfig(config: SessionConfig): NativeConfig {
  if (!Array.isArray(config.gateways))
    throw configError('gateways must be an array, such as ["https://api.example.com"]');
  const { timeouts = {} } = config;
  return withoutUndefined({
    endpoint: text(config.endpoint, 'endpoint'),
    project: text(config.project, 'project'),
    gateways: config.gateways.map(toNativeGateway),
    accountSlot: config.accountSlot,
    persistence: config.persistence ?? 'durable',
    readOnly: config.readOnly ?? false,
    keychainAccessGroup: config.keychainAccessGroup,
    forgetAfterReinstall: config.forgetAfterReinstall ?? false,
    presence: config.presence && toNativePresence(config.presence),
    connectTimeoutMs: milliseconds(timeouts.connectMs, 'timeouts.connectMs'),
    idleTimeoutMs: milliseconds(timeouts.idleMs, 'timeouts.idleMs'),
    totalTimeoutMs: milliseconds(timeouts.totalMs, 'timeouts.totalMs'),
    attempts: count(config.attempts, 'attempts'),
    responseLimit: count(config.responseLimit, 'responseLimit'),
    rootCertificates: (config.rootCertificates ?? []).map((pem) => text(pem, 'rootCertificates')),
  });
}

/** Checks that `value` is a string: the native side would crash with anything else. */
export function text(value: unknown, name: string): string {
  if (typeof value !== 'string')
    throw configError(`${name} must be a string, but got ${value === null ? 'null' : typeof value}`);
  return value;
}

/** Checks that `value` is a time, and rounds it up to whole milliseconds. */
export function milliseconds(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw configError(`${name} must be a number of milliseconds`);
  }
  return Math.ceil(value);
}

/** Checks that `value` is an integer of at least 1. */
export function count(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw configError(`${name} must be an integer of at least 1`);
  }
  return value as number;
}

function toNativeGateway(gateway: string | Gateway): NativeGateway {
  const { url, carrier = 'cookie' } = typeof gateway === 'object' ? gateway : { url: gateway };
  return { url: text(url, 'the URL of a gateway'), carrier: text(carrier, 'carrier') };
}

function toNativePresence(presence: Presence): NativePresence {
  const timeoutMs = 'timeoutMs' in presence ? milliseconds(presence.timeoutMs, 'presence.timeoutMs') : undefined;
  return withoutUndefined({
    policy: text(presence.policy, 'presence.policy'),
    timeoutMs: timeoutMs ?? 0,
    title: text(presence.title, 'presence.title'),
    subtitle: presence.subtitle,
    cancel: text(presence.cancel, 'presence.cancel'),
  });
}

/** Removes the members that are `undefined`: the native sides distinguish them from members that are absent. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
