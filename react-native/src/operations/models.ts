/** What the operations take and give. */

import { configError } from '../errors';
import type { Account } from '../models';
import { factors, type Factor } from '../state';
import { text } from '../config';

/** The user's preferences: any values that JSON has. */
export type Preferences = Readonly<Record<string, unknown>>;

/**
 * A number that is used once: it binds an ID token to the sign-in that asked for it, so that a stolen token is of no use elsewhere.
 * `raw` is not shown when this object is logged or written as JSON.
 */
export interface Nonce {
  /** The raw nonce, for {@link IdToken.nonce}. The screen does not get it. */
  readonly raw: string;
  /** Its SHA-256 in hexadecimal digits, for the provider's screen. It is no secret. */
  readonly sha256: string;
}

/** What the platform's own sign-in screen of Apple or Google gave the app. It is a credential: do not log it. */
export interface IdToken {
  /** Whose screen it was. */
  readonly provider: 'apple' | 'google';
  /** The ID token: a JWT. */
  readonly token: string;
  /** The raw nonce, if the screen was given one. Apple always needs one. The screen itself gets {@link Nonce.sha256}. */
  readonly nonce?: string | null | undefined;
  /** The provider's access token, if the app's servers need it: Appwrite keeps it with the session and the identity. */
  readonly accessToken?: string | null | undefined;
  /** The user's name, which Apple gives once, at the first sign-in. Appwrite keeps it if the user has none. */
  readonly name?: string | null | undefined;
}

/** A challenge for the platform's passkey screen. It works once, for five minutes, and is used up by a failure, too. */
export interface PasskeyChallenge {
  /** The challenge's id. */
  readonly id: string;
  /** The id of the passkey that is being registered; empty for a sign-in. */
  readonly passkeyId: string;
  /** The WebAuthn options as JSON, for Android's Credential Manager or Apple's `ASAuthorization`. */
  readonly options: string;
  /** When it can no longer be answered, in milliseconds since 1970. */
  readonly expiresAtMs: number | null;
}

/** A passkey of the user. The key itself is on the user's devices; Appwrite knows its public half. */
export interface Passkey {
  /** The passkey's id. */
  readonly id: string;
  /** The name that the user or the app gave it; empty if none was given. */
  readonly name: string;
  /** When it was registered, in milliseconds since 1970. */
  readonly createdAtMs: number | null;
  /** When it was last used to sign in, in milliseconds since 1970; `null` if it never was. */
  readonly lastUsedAtMs: number | null;
}

/** What an OAuth2 sign-in asks for, beside the provider. */
export interface OAuth2Options {
  /** What the app wants to be allowed at the provider, beyond what Appwrite asks for itself. */
  readonly scopes?: readonly string[] | undefined;
  /**
   * Where the browser returns to, in place of `appwrite-callback-<project>://oauth2`: an https URL that the platform opens in the app
   * (an app link or universal link), which no other app can claim, or a URL with a scheme of the app's own. Its host or its scheme must
   * be one of the project's platforms. Appwrite 1.5 takes https only.
   */
  readonly callback?: string | null | undefined;
}

/** A sign-in in the browser that was begun. `url` is not shown when this object is logged or written as JSON. */
export interface OAuth2Start {
  /**
   * What to open, in the system's browser: Android's Custom Tabs, Apple's `ASWebAuthenticationSession`. Not in a web view of the app, which
   * providers refuse. It binds the sign-in to this device.
   */
  readonly url: string;
  /** The scheme of the URL that the browser returns to, which `ASWebAuthenticationSession` wants to know. */
  readonly callbackScheme: string;
}

/** What a message with a code or a link has beside it. */
export interface MessageOptions {
  /** Whether Appwrite makes a security phrase, which the app shows and the message contains. `false` if not set. */
  readonly phrase?: boolean | undefined;
}

/**
 * A code or a link that Appwrite sent to the user by e-mail or phone. It is no secret. The user's id is enough to complete what was begun
 * after a restart of the app: `{ userId }`.
 */
export interface SentCode {
  /** Whose it is. A user who did not exist before has this id from now on. */
  readonly userId: string;
  /** The security phrase that is also in the message, if one was asked for. Show it, so that the user sees that both belong together. */
  readonly phrase?: string | null | undefined;
  /** When it can no longer be used, in milliseconds since 1970. */
  readonly expiresAtMs?: number | null | undefined;
}

/** What an authenticator app needs to show the user's codes. Neither is shown when this object is logged or written as JSON. */
export interface TotpEnrollment {
  /** The secret in Base32, to be typed in. */
  readonly secret: string;
  /** The same as an `otpauth:` URI, to be shown as a QR code or opened on the same device. */
  readonly uri: string;
}

/** An account at another provider that the user can sign in with. */
export interface Identity {
  /** The identity's id at Appwrite. */
  readonly id: string;
  /** The provider's name, such as `google` or `apple`. */
  readonly provider: string;
  /** The user's id at the provider; empty if unknown. */
  readonly providerUserId: string;
  /** The e-mail address at the provider, if there is one. */
  readonly email: string | null;
  /** When it was linked, in milliseconds since 1970. */
  readonly createdAtMs: number | null;
}

/** A device that Appwrite sends the user's push messages to. It belongs to the session, and ends with it. */
export interface PushTarget {
  /** The target's id. */
  readonly id: string;
  /** The device's token of FCM or APNs. */
  readonly identifier: string;
  /** The id of the messaging provider; `null` for the project's only one. */
  readonly providerId: string | null;
  /** Whether the provider has refused the token, so that a newer one is needed. */
  readonly expired: boolean;
}

/** How bad a finding is: as it should be, perhaps meant so, not working, or not to be found out. */
export type FindingLevel = 'ok' | 'warning' | 'problem' | 'unknown';

/** One thing that a diagnosis has looked at. */
export interface Finding {
  /** What it is about: `configuration`, `storage`, `session`, `appwrite`, `project`, `clock`, `credential`, `gateway` or `failures`. */
  readonly area: string;
  /** How bad it is. */
  readonly level: FindingLevel;
  /** The stable name of what was found, within the area. */
  readonly code: string;
  /** What was found, in a sentence for developers. */
  readonly text: string;
  /** What to do about it, if anything. */
  readonly advice: string | null;
}

/** What `diagnose()` found. */
export interface Diagnosis {
  /** Everything that was looked at, by area. */
  readonly findings: readonly Finding[];
  /**
   * The findings as text that can be pasted into a bug report. It holds the addresses and the project of the configuration, and no secret
   * and no id of a user.
   */
  readonly text: string;
}

/** What JSON leaves out if it is not known. */
type Sparse<T, K extends keyof T> = Omit<T, K> & { [P in K]?: NonNullable<T[P]> };

type ShownAccount = Sparse<Omit<Account, 'user'>, 'phone' | 'registeredAtMs'> & {
  id: string;
  name: string;
  email?: string;
};

/** Converts an account. */
export function toAccount(shown: unknown): Account {
  const { id, name, email, ...rest } = shown as ShownAccount;
  const user = { id, name, email: email ?? null };
  return { ...rest, user, phone: rest.phone ?? null, registeredAtMs: rest.registeredAtMs ?? null };
}

/** Converts a nonce, and hides the raw one. */
export function toNonce(shown: unknown): Nonce {
  const { raw, sha256 } = shown as Nonce;
  return hiding({ sha256 }, { raw });
}

/** Converts a sign-in in the browser, and hides its URL. */
export function toOAuth2Start(shown: unknown): OAuth2Start {
  const { url, callbackScheme } = shown as OAuth2Start;
  return hiding({ callbackScheme }, { url });
}

/** Converts the enrollment of an authenticator app, and hides both texts. */
export function toTotpEnrollment(shown: unknown): TotpEnrollment {
  const { secret, uri } = shown as TotpEnrollment;
  return hiding({}, { secret, uri });
}

/** Converts what was sent. */
export function toSentCode(shown: unknown): SentCode {
  const { userId, phrase, expiresAtMs } = shown as SentCode;
  return { userId, phrase: phrase ?? null, expiresAtMs: expiresAtMs ?? null };
}

/** Converts a challenge of a passkey. */
export function toPasskeyChallenge(shown: unknown): PasskeyChallenge {
  const challenge = shown as Sparse<PasskeyChallenge, 'expiresAtMs'>;
  return { ...challenge, expiresAtMs: challenge.expiresAtMs ?? null };
}

/** Converts a passkey. */
export function toPasskey(shown: unknown): Passkey {
  const passkey = shown as Sparse<Passkey, 'createdAtMs' | 'lastUsedAtMs'>;
  return { ...passkey, createdAtMs: passkey.createdAtMs ?? null, lastUsedAtMs: passkey.lastUsedAtMs ?? null };
}

/** Converts an identity. */
export function toIdentity(shown: unknown): Identity {
  const identity = shown as Sparse<Identity, 'email' | 'createdAtMs'>;
  return { ...identity, email: identity.email ?? null, createdAtMs: identity.createdAtMs ?? null };
}

/** Converts a push target. */
export function toPushTarget(shown: unknown): PushTarget {
  const target = shown as Sparse<PushTarget, 'providerId'>;
  return { ...target, providerId: target.providerId ?? null };
}

/** Converts a diagnosis. */
export function toDiagnosis(shown: unknown): Diagnosis {
  const { findings, text } = shown as { findings: Sparse<Finding, 'advice'>[]; text: string };
  return { findings: findings.map((finding) => ({ ...finding, advice: finding.advice ?? null })), text };
}

/** Converts the names of factors. One that this version does not know is left out. */
export function toFactors(shown: unknown): Factor[] {
  return (shown as string[]).filter((name): name is Factor => factors.some((known) => known === name));
}

/** The arguments of an operation that takes an ID token. */
export function fromIdToken({ provider, token, nonce, accessToken, name }: IdToken): (string | null)[] {
  // What it is else, a caller without types has written.
  if (!['apple', 'google'].includes(provider)) throw configError("provider must be one of: 'apple', 'google'");
  return [
    provider,
    text(token, 'token'),
    optionalText(nonce, 'nonce'),
    optionalText(accessToken, 'accessToken'),
    optionalText(name, 'name'),
  ];
}

/** Checks that `value` is a string, or not there. */
export function optionalText(value: unknown, name: string): string | null {
  return value == null ? null : text(value, name);
}

/** An object with all of these members, of which `secret` are not shown when it is logged or written as JSON. */
function hiding<S extends object, H extends object>(shown: S, secret: H): Readonly<S & H> {
  const hidden = Object.entries(secret).map(([name, value]) => [name, { value: value as unknown, enumerable: false }]);
  return Object.defineProperties({ ...shown }, Object.fromEntries(hidden) as PropertyDescriptorMap) as S & H;
}
