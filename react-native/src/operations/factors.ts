/** The user's second factors. */

import { text } from '../config';
import { configError } from '../errors';
import type { Account } from '../models';
import type { Factor } from '../state';
import type { Bridge } from './bridge';
import { optionalText, toAccount, toFactors, toTotpEnrollment, type TotpEnrollment } from './models';

/**
 * The second factors of the signed-in user. `createMfaChallenge` and `completeMfaChallenge` of the client answer a challenge of one: to complete
 * a sign-in or, while signed in, before what fails with `challenge_required`. Every function fails with the errors of `account()`, too.
 */
export interface Factors {
  /** The factors that the user can answer a challenge of, in the order in which an app should offer them. Also while a factor is missing. */
  readonly available: () => Promise<Factor[]>;

  /** Switches on or off that a sign-in needs a second factor. Without any factor Appwrite asks for none. This session goes on. */
  readonly require: (required: boolean) => Promise<Account>;

  /**
   * Begins to enroll an authenticator app. It counts once {@link verifyTotp} has seen a code of it; beginning again before that makes a new
   * secret.
   *
   * @throws `already_exists` if the user has a verified authenticator.
   */
  readonly enrollTotp: () => Promise<TotpEnrollment>;

  /**
   * Completes the enrollment of an authenticator app with a code that it shows.
   *
   * @throws `invalid_token` if the code is wrong or of another half minute: try again with the next one; `invalid_input` if no enrollment was
   * begun.
   */
  readonly verifyTotp: (code: string) => Promise<Account>;

  /**
   * Removes the authenticator app. Appwrite 1.5 wants a code of it or a recovery code; newer versions want a fresh challenge instead, and do
   * not look at `code`.
   *
   * @throws `challenge_required`: answer a challenge first; `invalid_input` if there is no authenticator, or on 1.5 if there is no code;
   * `invalid_token` if the code is wrong.
   */
  readonly removeTotp: (code?: string | null) => Promise<void>;

  /**
   * Makes six recovery codes, each of which replaces a second factor once. Show them once, to be written down.
   *
   * @throws `already_exists` if the user has some; {@link replaceRecoveryCodes} makes new ones.
   */
  readonly createRecoveryCodes: () => Promise<string[]>;

  /**
   * Makes six new recovery codes. The old ones are of no use any more.
   *
   * @throws `challenge_required`: answer a challenge first; `invalid_input` if the user has none.
   */
  readonly replaceRecoveryCodes: () => Promise<string[]>;

  /** The recovery codes that are left. Fails as {@link replaceRecoveryCodes}. */
  readonly recoveryCodes: () => Promise<string[]>;
}

/** The factors of a client's user. */
export const factorsOf = ({ call, perform }: Bridge): Factors => ({
  available: () => call(async () => toFactors(await perform('factors.available'))),
  require: (required) =>
    call(async () => {
      // Whoever leaves it out must not switch it off by that.
      if (typeof required !== 'boolean') throw configError('required must be true or false');
      return toAccount(await perform('factors.require', required));
    }),
  enrollTotp: () => call(async () => toTotpEnrollment(await perform('factors.enrollTotp'))),
  verifyTotp: (code) => call(async () => toAccount(await perform('factors.verifyTotp', text(code, 'code')))),
  removeTotp: (code) =>
    call(async () => {
      await perform('factors.removeTotp', optionalText(code, 'code'));
    }),
  createRecoveryCodes: () => call(async () => (await perform('factors.createRecoveryCodes')) as string[]),
  replaceRecoveryCodes: () => call(async () => (await perform('factors.replaceRecoveryCodes')) as string[]),
  recoveryCodes: () => call(async () => (await perform('factors.recoveryCodes')) as string[]),
});
