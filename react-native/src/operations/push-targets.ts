/** The devices that take the user's push messages. */

import { text } from '../config';
import type { Bridge } from './bridge';
import { optionalText, toPushTarget, type PushTarget } from './models';

/** The push targets of this session, which end with it. Every function fails with the errors of `account()`, too. */
export interface PushTargets {
  /**
   * Lets push messages come to this device. `identifier` is the device's token of FCM or APNs, and `providerId` names the messaging provider
   * where the project has several.
   *
   * @throws `already_exists` if there is a target with this token, on Appwrite before 2.0; `config` if `providerId` cannot be an id.
   */
  readonly create: (identifier: string, providerId?: string | null) => Promise<PushTarget>;

  /**
   * Replaces the device's token, when FCM or APNs gave the app a new one.
   *
   * @throws `invalid_input` if there is no such target; `config` if `id` cannot be an id.
   */
  readonly update: (id: string, identifier: string) => Promise<PushTarget>;

  /** Stops push messages to a device. Fails as {@link update}. */
  readonly delete: (id: string) => Promise<void>;
}

/** The push targets of a client's session. */
export const pushTargetsOf = ({ call, perform }: Bridge): PushTargets => ({
  create: (identifier, providerId) =>
    call(async () =>
      toPushTarget(
        await perform('pushTargets.create', text(identifier, 'identifier'), optionalText(providerId, 'providerId')),
      ),
    ),
  update: (id, identifier) =>
    call(async () => toPushTarget(await perform('pushTargets.update', text(id, 'id'), text(identifier, 'identifier')))),
  delete: (id) =>
    call(async () => {
      await perform('pushTargets.delete', text(id, 'id'));
    }),
});
