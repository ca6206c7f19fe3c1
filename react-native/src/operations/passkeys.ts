/** The user's passkeys. */

import { text } from '../config';
import type { Bridge } from './bridge';
import { CANCELLED, type RegistrationOutcome } from '../screens/outcome';
import { ofSameUser } from '../screens/same-user';
import { showPasskey } from '../screens/screen';
import { inTurn } from '../screens/turn';
import { optionalText, toPasskey, toPasskeyChallenge, type Passkey, type PasskeyChallenge } from './models';

/**
 * The passkeys of the signed-in user. Since Appwrite 2.5: before that every function fails with `unsupported`. Every function fails with the
 * errors of `account()`, too.
 */
export interface Passkeys {
  /** The user's passkeys. */
  readonly list: () => Promise<Passkey[]>;

  /**
   * Registers a passkey with the platform's screen. `name` is what the user sees in {@link list}.
   *
   * @throws as {@link beginRegistration} and {@link completeRegistration}; `screen_failed`, whose `detail` says why the screen failed;
   * `superseded` if somebody else has signed in while the screen was open.
   */
  readonly register: (name?: string | null) => Promise<RegistrationOutcome>;

  /**
   * Begins to register a passkey with a screen of your own; {@link register} does all of it. Give the challenge's `options` to the platform's screen, and what it answers to
   * {@link completeRegistration}.
   *
   * @throws `reauthentication_required` if the user has neither signed in nor answered a challenge in the last ten minutes; `invalid_input`
   * if the user has ten passkeys; `forbidden` if the project has passkeys switched off.
   */
  readonly beginRegistration: (name?: string | null) => Promise<PasskeyChallenge>;

  /**
   * Completes the registration with `credential`, the JSON that the platform's screen answered.
   *
   * @throws `invalid_token` if the challenge was used or has expired, or if the answer does not fit it: begin anew; `already_exists` if the
   * authenticator has a passkey of this user; `config` if `credential` is no JSON object, and nothing is sent.
   */
  readonly completeRegistration: (
    challenge: Pick<PasskeyChallenge, 'id' | 'passkeyId'>,
    credential: string,
  ) => Promise<Passkey>;

  /**
   * Renames a passkey.
   *
   * @throws `invalid_input` if there is no such passkey or the name has more than 128 characters; `config` if `id` cannot be an id.
   */
  readonly rename: (id: string, name: string) => Promise<Passkey>;

  /**
   * Deletes a passkey. The platform may go on showing it until the user deletes it there, too.
   *
   * @throws `reauthentication_required` as {@link beginRegistration}; otherwise as {@link rename}.
   */
  readonly delete: (id: string) => Promise<void>;
}

/** The passkeys of a client's user. */
export function passkeysOf(bridge: Bridge): Passkeys {
  const { call, perform } = bridge;
  const passkeys: Passkeys = {
    list: () => call(async () => ((await perform('passkeys.list')) as unknown[]).map(toPasskey)),
    register: async (name) =>
      inTurn(bridge, `passkeys.register ${optionalText(name, 'name') ?? ''}`, async () => {
        const made = await ofSameUser(bridge, async () => {
          const challenge = await passkeys.beginRegistration(name);
          const credential = await showPasskey('create', challenge.options);
          return credential === undefined ? undefined : { challenge, credential };
        });
        if (!made) return CANCELLED;
        return {
          kind: 'registered',
          passkey: await passkeys.completeRegistration(made.challenge, made.credential),
        };
      }),
    beginRegistration: (name) =>
      call(async () => toPasskeyChallenge(await perform('passkeys.beginRegistration', optionalText(name, 'name')))),
    completeRegistration: (challenge, credential) =>
      call(async () =>
        toPasskey(
          await perform(
            'passkeys.completeRegistration',
            text(challenge.id, 'challenge.id'),
            text(challenge.passkeyId, 'challenge.passkeyId'),
            text(credential, 'credential'),
          ),
        ),
      ),
    rename: (id, name) =>
      call(async () => toPasskey(await perform('passkeys.rename', text(id, 'id'), text(name, 'name')))),
    delete: (id) =>
      call(async () => {
        await perform('passkeys.delete', text(id, 'id'));
      }),
  };
  return passkeys;
}
