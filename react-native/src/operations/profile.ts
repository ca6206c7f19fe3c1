/** Name, e-mail address, phone number, password and preferences of the user, and the end of the account. */

import { text } from '../config';
import type { Account } from '../models';
import { object, type Bridge } from './bridge';
import { optionalText, toAccount, type Preferences } from './models';

/** The signed-in user's own data. Every function fails with the errors of `account()`, too. */
export interface Profile {
  /**
   * Changes the name. The state shows the new one when this resolves.
   *
   * @throws `invalid_input` for a name of more than 128 characters.
   */
  readonly updateName: (name: string) => Promise<Account>;

  /**
   * Changes the e-mail address, which is not verified afterwards. An anonymous user becomes a user with this address and this password; for
   * everybody else the password is the one that they have. The session stays as it is.
   *
   * @throws `already_exists` if another user has the address; `invalid_credentials` for a wrong password; `invalid_input`.
   */
  readonly updateEmail: (email: string, password: string) => Promise<Account>;

  /** Changes the phone number, in the form `+14155552671`. It is not verified afterwards. Fails as {@link updateEmail}. */
  readonly updatePhone: (phone: string, password: string) => Promise<Account>;

  /**
   * Changes the password. `oldPassword` is needed if the user has one. This session goes on; depending on the project's settings Appwrite ends
   * the user's other sessions.
   *
   * @throws `invalid_credentials` for a wrong old password; `invalid_input` for a new one that the project's rules refuse.
   */
  readonly updatePassword: (newPassword: string, oldPassword?: string | null) => Promise<Account>;

  /** The user's preferences. */
  readonly preferences: () => Promise<Preferences>;

  /**
   * Replaces all preferences, and resolves to them.
   *
   * @throws `invalid_input` for more than 64 KB.
   */
  readonly replacePreferences: (preferences: Preferences) => Promise<Preferences>;

  /**
   * Changes the given preferences and keeps the others; a member that is `null` is removed. Appwrite only replaces, so this reads first: if
   * another device writes between the two requests, what it wrote is lost. Fails as {@link replacePreferences}.
   */
  readonly mergePreferences: (changes: Preferences) => Promise<Preferences>;

  /**
   * Blocks the own account, so that nobody can sign in to it until one of the project's servers lifts the block, and signs out on this device.
   * If it fails, nothing has changed on this device, but with `storage_unavailable`: the store still has the session.
   */
  readonly block: () => Promise<void>;

  /** Deletes the own account with everything that Appwrite has of it, and signs out on this device. Cannot be undone. Fails as {@link block}. */
  readonly delete: () => Promise<void>;
}

/** The profile of a client's user. */
export const profileOf = ({ call, perform }: Bridge): Profile => ({
  updateName: (name) => call(async () => toAccount(await perform('profile.updateName', text(name, 'name')))),
  updateEmail: (email, password) =>
    call(async () => toAccount(await perform('profile.updateEmail', text(email, 'email'), text(password, 'password')))),
  updatePhone: (phone, password) =>
    call(async () => toAccount(await perform('profile.updatePhone', text(phone, 'phone'), text(password, 'password')))),
  updatePassword: (newPassword, oldPassword) =>
    call(async () =>
      toAccount(
        await perform(
          'profile.updatePassword',
          text(newPassword, 'newPassword'),
          optionalText(oldPassword, 'oldPassword'),
        ),
      ),
    ),
  preferences: () => call(async () => (await perform('profile.preferences')) as Preferences),
  replacePreferences: (preferences) =>
    call(async () => (await perform('profile.replacePreferences', object(preferences, 'preferences'))) as Preferences),
  mergePreferences: (changes) =>
    call(async () => (await perform('profile.mergePreferences', object(changes, 'changes'))) as Preferences),
  block: () =>
    call(async () => {
      await perform('profile.block');
    }),
  delete: () =>
    call(async () => {
      await perform('profile.delete');
    }),
});
