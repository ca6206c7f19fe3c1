/** Proves that an e-mail address or a phone number is the user's. */

import { text } from '../config';
import { flag, type Bridge } from './bridge';
import { toSentCode, type MessageOptions, type SentCode } from './models';

/**
 * Verifies the e-mail address and the phone number of the signed-in user. Every function that starts a verification fails with the errors of
 * `account()`, too.
 */
export interface Verification {
  /**
   * Sends a code to the user's e-mail address. Since Appwrite 2.4.
   *
   * @throws `unsupported` on an older server: use {@link startEmailByLink}; `already_exists` if the address is verified.
   */
  readonly startEmailByCode: (options?: MessageOptions) => Promise<SentCode>;

  /**
   * Completes the verification with the code that the user got.
   *
   * @throws `invalid_token` if the code is wrong, used or expired; `config` if the user's id cannot be one, and nothing is sent.
   */
  readonly completeEmailByCode: (sent: SentCode, code: string) => Promise<void>;

  /**
   * Sends a link to `callback` to the user's e-mail address: a URL of the app's own (an app link or universal link), or one that opens the
   * app. Its host or its scheme must be one of the project's platforms.
   *
   * @throws `invalid_input` if the callback is not allowed; `already_exists` if the address is verified.
   */
  readonly startEmailByLink: (callback: string) => Promise<SentCode>;

  /**
   * Completes the verification with the link that the user opened.
   *
   * @throws `callback_rejected` if `url` is not a link to `callback` with what Appwrite adds; `invalid_token` if it was used or has expired.
   */
  readonly completeEmailByLink: (callback: string, url: string) => Promise<void>;

  /**
   * Sends a code to the user's phone number.
   *
   * @throws `invalid_input` if the user has no phone number; `unsupported` if the project has no SMS provider.
   */
  readonly startPhone: () => Promise<SentCode>;

  /**
   * Completes the verification with the code that the user got, who must be signed in for this. Fails as {@link completeEmailByCode}.
   */
  readonly completePhone: (sent: SentCode, code: string) => Promise<void>;
}

/** The verification of a client's user. */
export const verificationOf = ({ call, perform }: Bridge): Verification => ({
  startEmailByCode: ({ phrase } = {}) =>
    call(async () => toSentCode(await perform('verification.startEmailByCode', flag(phrase, 'phrase')))),
  completeEmailByCode: (sent, code) =>
    call(async () => {
      await perform('verification.completeEmailByCode', text(sent.userId, 'sent.userId'), text(code, 'code'));
    }),
  startEmailByLink: (callback) =>
    call(async () => toSentCode(await perform('verification.startEmailByLink', text(callback, 'callback')))),
  completeEmailByLink: (callback, url) =>
    call(async () => {
      await perform('verification.completeEmailByLink', text(callback, 'callback'), text(url, 'url'));
    }),
  startPhone: () => call(async () => toSentCode(await perform('verification.startPhone'))),
  completePhone: (sent, code) =>
    call(async () => {
      await perform('verification.completePhone', text(sent.userId, 'sent.userId'), text(code, 'code'));
    }),
});
