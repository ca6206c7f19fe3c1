/** A new password for a user who has forgotten the old one. */

import { text } from '../config';
import { flag, type Bridge } from './bridge';
import { toSentCode, type MessageOptions, type SentCode } from './models';

/**
 * Recovers an account whose password was forgotten. Nobody needs to be signed in, nobody is signed in afterwards, and no credential is sent.
 * Depending on the project's settings, Appwrite ends the user's sessions, this device's included.
 */
export interface Recovery {
  /**
   * Sends the user a code. Since Appwrite 2.3.
   *
   * @throws `unsupported` on an older server: use {@link startByLink}; `invalid_input` if nobody has this address, where Appwrite says so.
   */
  readonly startByCode: (email: string, options?: MessageOptions) => Promise<SentCode>;

  /**
   * Sets the new password with the code that the user got.
   *
   * @throws `invalid_token` if the code is wrong, used or expired; `invalid_input` if the project's rules refuse the password; `config` if the
   * user's id cannot be one, and nothing is sent.
   */
  readonly completeByCode: (sent: SentCode, code: string, password: string) => Promise<void>;

  /**
   * Sends the user a link to `callback`, a URL of the app's own (an app link or universal link), or one that opens the app. Its host or its
   * scheme must be one of the project's platforms.
   *
   * @throws `invalid_input` if nobody has this address or the callback is not allowed.
   */
  readonly startByLink: (email: string, callback: string) => Promise<SentCode>;

  /**
   * Sets the new password with the link that the user opened.
   *
   * @throws `callback_rejected` if `url` is not a link to `callback` with what Appwrite adds; otherwise as {@link completeByCode}.
   */
  readonly completeByLink: (callback: string, url: string, password: string) => Promise<void>;
}

/** The recovery of accounts by a client. */
export const recoveryOf = ({ call, perform }: Bridge): Recovery => ({
  startByCode: (email, { phrase } = {}) =>
    call(async () => toSentCode(await perform('recovery.startByCode', text(email, 'email'), flag(phrase, 'phrase')))),
  completeByCode: (sent, code, password) =>
    call(async () => {
      await perform(
        'recovery.completeByCode',
        text(sent.userId, 'sent.userId'),
        text(code, 'code'),
        text(password, 'password'),
      );
    }),
  startByLink: (email, callback) =>
    call(async () =>
      toSentCode(await perform('recovery.startByLink', text(email, 'email'), text(callback, 'callback'))),
    ),
  completeByLink: (callback, url, password) =>
    call(async () => {
      await perform(
        'recovery.completeByLink',
        text(callback, 'callback'),
        text(url, 'url'),
        text(password, 'password'),
      );
    }),
});
