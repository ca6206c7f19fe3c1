/** The ways to sign in that are performed by name. */

import { configError } from '../errors';
import { text } from '../config';
import type { SessionState } from '../state';
import { flag, type Bridge } from './bridge';
import {
  fromIdToken,
  optionalText,
  toNonce,
  toOAuth2Start,
  toPasskeyChallenge,
  toSentCode,
  type IdToken,
  type MessageOptions,
  type Nonce,
  type OAuth2Options,
  type OAuth2Start,
  type PasskeyChallenge,
  type SentCode,
} from './models';
import { CANCELLED, type SignInOutcome } from '../screens/outcome';

/** Ways to sign in beside e-mail and password. Each one that completes ends as `signInWithEmail` does, and fails with its errors, too. */
export interface WaysToSignIn {
  /** Makes a nonce, from the system's source of randomness. Makes no request. */
  readonly generateNonce: () => Promise<Nonce>;

  /**
   * Signs in with an ID token that Google's or Apple's own screen gave the app. It is not linked to the account that is signed in; that
   * does `identities.link`. Since Appwrite 2.1.
   *
   * @throws `config` if the token cannot be one, and nothing is sent; `invalid_token` if Appwrite refuses it (wrong audience, wrong nonce,
   * expired): let the screen give a new one; `forbidden` if the project does not take the provider's ID tokens; `invalid_input` if the
   * provider has not verified the user's e-mail address; `unsupported` on an older server.
   */
  readonly signInWithIdToken: (token: IdToken) => Promise<SessionState>;

  /**
   * Begins to sign in with a passkey. Give the challenge's `options` to the platform's screen, and what that answers to
   * {@link completePasskey}. Nobody needs to be named: the screen offers the passkeys that it has. Since Appwrite 2.5.
   *
   * @throws `forbidden` if the project has passkeys switched off; `unsupported` on an older server.
   */
  readonly beginPasskey: () => Promise<PasskeyChallenge>;

  /**
   * Signs in with `credential`, the JSON that the platform's screen answered to `challenge`. A passkey counts as two factors.
   *
   * @throws `invalid_token` if the challenge was used or has expired, or if the answer does not fit it. The challenge is used up then:
   * begin anew. `config` if `credential` is no JSON object, and nothing is sent.
   */
  readonly completePasskey: (challenge: Pick<PasskeyChallenge, 'id'>, credential: string) => Promise<SessionState>;

  /**
   * Begins to sign in with a provider in the browser, such as `github`. Open the URL, and give the URL that the browser returns to the app to
   * {@link completeOAuth2}, within an hour. The sign-in is stored, so the app may be ended meanwhile. A new one takes the place of the one
   * before. If a sign-out or another sign-in is called later, that one wins. Makes no request.
   *
   * @throws `config` if the provider's name or the callback cannot be one.
   */
  readonly beginOAuth2: (provider: string, options?: OAuth2Options) => Promise<OAuth2Start>;

  /**
   * Completes the sign-in in the browser with the URL that opened the app. Give every URL here that may be the callback: one that is not
   * changes nothing. The client does this by itself for the links that open the app, unless `followLinks` is `false`.
   *
   * @throws `callback_rejected`, whose `detail` says why the URL does not complete the sign-in; `invalid_token` if Appwrite's token has
   * expired, which is after a minute since 1.9; `already_exists`, `user_blocked`, `forbidden`, `appwrite_unavailable` for what went wrong
   * at Appwrite or the provider. If nothing was sent because there is no network, the same URL can be tried again.
   */
  readonly completeOAuth2: (url: string) => Promise<SignInOutcome>;

  /** Forgets the sign-in in the browser, because the user has closed the browser. A callback that comes later is refused. */
  readonly cancelOAuth2: () => Promise<void>;

  /**
   * Sends the user a code of six digits by e-mail, for {@link completeCode}. A user who does not exist is created.
   *
   * @throws `invalid_input` for a malformed address; `forbidden` if the project does not allow it; `unsupported` if it has no mail server.
   */
  readonly startEmailCode: (email: string, options?: MessageOptions) => Promise<SentCode>;

  /** Sends the user a code of six digits to a phone number of the form `+14155552671`. Otherwise as {@link startEmailCode}. */
  readonly startPhoneCode: (phone: string) => Promise<SentCode>;

  /**
   * Signs in with the code that the user got.
   *
   * @throws `invalid_token` if the code is wrong, used or expired; another try is possible. `config` if the user's id cannot be one.
   */
  readonly completeCode: (sent: SentCode, code: string) => Promise<SessionState>;

  /**
   * Sends the user a link to `callback` by e-mail, for {@link completeMagicUrl}. The callback is an https URL that the platform opens in
   * the app (an app link or universal link), or a URL with a scheme of the app's own. Its host or its scheme must be one of the project's
   * platforms; Appwrite 1.5 takes https only. Otherwise as {@link startEmailCode}.
   *
   * @throws `config` if the callback cannot be one; `invalid_input` if Appwrite does not allow it.
   */
  readonly startMagicUrl: (email: string, callback: string, options?: MessageOptions) => Promise<SentCode>;

  /**
   * Signs in with the link that the user opened. `sent` and `callback` are those of {@link startMagicUrl}: a link that was sent to anybody
   * else is refused, so that nobody can sign the user in to an account of theirs.
   *
   * @throws as {@link completeCode}; `callback_rejected` if `url` is not a link to `callback` for this user.
   */
  readonly completeMagicUrl: (sent: SentCode, callback: string, url: string) => Promise<SessionState>;
}

/** The ways to sign in of a client. */
export const waysToSignIn = ({ call, stateAfter, perform }: Bridge): WaysToSignIn => ({
  generateNonce: () => call(async () => toNonce(await perform('generateNonce'))),
  signInWithIdToken: (token) => stateAfter(async () => perform('signInWithIdToken', ...fromIdToken(token))),

  beginPasskey: () => call(async () => toPasskeyChallenge(await perform('beginPasskey'))),
  completePasskey: (challenge, credential) =>
    stateAfter(async () =>
      perform('completePasskey', text(challenge.id, 'challenge.id'), text(credential, 'credential')),
    ),

  beginOAuth2: (provider, { scopes = [], callback } = {}) =>
    call(async () =>
      toOAuth2Start(
        await perform(
          'beginOAuth2',
          text(provider, 'provider'),
          texts(scopes, 'scopes'),
          optionalText(callback, 'callback'),
        ),
      ),
    ),
  async completeOAuth2(url) {
    let kind: string | undefined;
    const state = await stateAfter(async () => {
      ({ kind } = (await perform('completeOAuth2', text(url, 'url'))) as { kind: string });
    });
    return kind === 'cancelled' ? CANCELLED : { kind: 'signedIn', state };
  },
  cancelOAuth2: () =>
    call(async () => {
      await perform('cancelOAuth2');
    }),

  startEmailCode: (email, { phrase } = {}) =>
    call(async () => toSentCode(await perform('startEmailCode', text(email, 'email'), flag(phrase, 'phrase')))),
  startPhoneCode: (phone) => call(async () => toSentCode(await perform('startPhoneCode', text(phone, 'phone')))),
  completeCode: (sent, code) =>
    stateAfter(async () => perform('completeCode', text(sent.userId, 'sent.userId'), text(code, 'code'))),

  startMagicUrl: (email, callback, { phrase } = {}) =>
    call(async () =>
      toSentCode(
        await perform('startMagicUrl', text(email, 'email'), text(callback, 'callback'), flag(phrase, 'phrase')),
      ),
    ),
  completeMagicUrl: (sent, callback, url) =>
    stateAfter(async () =>
      perform('completeMagicUrl', text(sent.userId, 'sent.userId'), text(callback, 'callback'), text(url, 'url')),
    ),
});

function texts(values: unknown, name: string): string[] {
  if (!Array.isArray(values)) throw configError(`${name} must be an array of strings`);
  return values.map((value) => text(value, name));
}
