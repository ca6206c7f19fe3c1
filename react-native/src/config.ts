/** What a client is built from, and how it is told to the native side. */

import { misused } from './errors';
import type { NativeConfig, NativeGateway, NativePresence } from './NativeAppwriteSession';
import type { Persistence } from './state';

/**
 * How the credential travels to a gateway. Exactly one is sent.
 *
 * | carrier | what is sent |
 * |---|---|
 * | `cookie` | `Cookie: a_session_<project>=…`, what Appwrite itself sets. |
 * | `fallback_cookies` | `X-Fallback-Cookies: {"a_session_<project>":"…"}`, for a gateway behind something that drops or rewrites cookies. |
 * | `session_header` | `X-Appwrite-Session: …`, the plainest to pass on. |
 */
export type Carrier = 'cookie' | 'fallback_cookies' | 'session_header';

/** An allowed gateway. */
export interface Gateway {
  /** Its origin, such as `https://api.example.com`. */
  readonly url: string;
  /** How the credential travels to it. `cookie` if not set. */
  readonly carrier?: Carrier | undefined;
}

/**
 * When the user must prove to be there, and what the platform's dialog says. `policy` is how long a proof is good for; a sign-in is
 * such a proof, too:
 *
 * - `default`: until the process ends. Asked once after each start of the app.
 * - `always`: for the calls that wait for it. Asked for each use.
 * - `session`: for `timeoutMs` milliseconds.
 * - `lifecycle`: until the app has been in the background for longer than `timeoutMs` milliseconds.
 */
export type Presence = {
  /** What the dialog asks for. */
  readonly title: string;
  /** More about it. */
  readonly subtitle?: string | undefined;
  /** What the button says that leaves the dialog. */
  readonly cancel: string;
} & (
  { readonly policy: 'default' | 'always' } | { readonly policy: 'session' | 'lifecycle'; readonly timeoutMs: number }
);

/** How long one request may take, in milliseconds. A retry starts anew. */
export interface Timeouts {
  /** Until a connection stands, TLS included. 10 seconds if not set. */
  readonly connectMs?: number | undefined;
  /** Without a single byte arriving. 30 seconds if not set. */
  readonly idleMs?: number | undefined;
  /** To the last byte of the answer. 60 seconds if not set. */
  readonly totalMs?: number | undefined;
}

/** What a client is built from. */
export interface SessionConfig {
  /** Where Appwrite is; it ends in `/v1`. */
  readonly endpoint: string;
  /** The project's id. */
  readonly project: string;
  /** The app's own gateways. The first one is the default, which calls with a path go to. */
  readonly gateways: readonly (string | Gateway)[];
  /** Keeps this client's session apart from others of the same project, for apps with several accounts. */
  readonly accountSlot?: string | undefined;
  /** `durable` if not set: the platform's own secure store. `memory_only` keeps nothing across a restart of the app. */
  readonly persistence?: Persistence | undefined;
  /**
   * Makes a client for a second process of the app, such as an extension: it uses the session that the app left in the store,
   * follows its changes, and never writes. Signing in and out fails with `config`.
   */
  readonly readOnly?: boolean | undefined;
  /** iOS: keeps the session where the app and its extensions can both read it. */
  readonly keychainAccessGroup?: string | undefined;
  /** Forgets a session that an earlier installation of the app left, which happens on iOS, and revokes it. */
  readonly forgetAfterReinstall?: boolean | undefined;
  /**
   * Lets the session be used only when its user has proven to be there, in the platform's own dialog: for gateway calls, `authorize`
   * and calls about the account. A call for which the user does not fails with `presence_required`. Nobody is asked for a restore, a
   * sign-in or a sign-out, nor while the app is in the background.
   */
  readonly presence?: Presence | undefined;
  /** How long one request may take. */
  readonly timeouts?: Timeouts | undefined;
  /** How often a call that can be repeated without harm is tried, the first time included. 3 if not set. */
  readonly attempts?: number | undefined;
  /** Root certificates, as PEM, that are trusted beside the platform's own, by Appwrite and gateways alike. */
  readonly rootCertificates?: readonly string[] | undefined;
  /** Whether `resume()` and `pause()` are called when the app comes to the foreground and leaves it. `true` if not set. */
  readonly followAppState?: boolean | undefined;
}

/** The configuration for the native side, which judges what it says. Here only its types are looked at. */
export function toNativeConfig(config: SessionConfig): NativeConfig {
  if (!Array.isArray(config.gateways)) throw misused('gateways must be a list, such as ["https://api.example.com"]');
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
    attempts: config.attempts === undefined ? undefined : whole(config.attempts, 'attempts'),
    rootCertificates: (config.rootCertificates ?? []).map((pem) => text(pem, 'rootCertificates')),
  });
}

/** `value`, if it is a text: the native side could only crash on anything else. */
export function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw misused(`${name} must be a text, not ${value === null ? 'null' : typeof value}`);
  return value;
}

/** `value` in whole milliseconds, if it is a time. */
export function milliseconds(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw misused(`${name} must be a number of milliseconds`);
  }
  return Math.ceil(value);
}

function whole(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 1) throw misused(`${name} must be a whole number of at least 1`);
  return value;
}

function toNativeGateway(gateway: string | Gateway): NativeGateway {
  const { url, carrier = 'cookie' } = typeof gateway === 'object' ? gateway : { url: gateway };
  return { url: text(url, 'a gateway'), carrier: text(carrier, 'carrier') };
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

/** `value` without its members that are not set: the native sides tell absent from `undefined`. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
