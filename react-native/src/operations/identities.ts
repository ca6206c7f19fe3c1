/** The accounts at other providers that the user can sign in with. */

import { text } from '../config';
import type { SessionState } from '../state';
import type { Bridge } from './bridge';
import { idTokenSignIns, type GoogleOptions } from '../screens/id-token';
import type { SignInOutcome } from '../screens/outcome';
import { ofSameUser } from '../screens/same-user';
import { fromIdToken, toIdentity, type Identity, type IdToken } from './models';

/** The identities of the signed-in user. Every function fails with the errors of `account()`, too. */
export interface Identities {
  /** The user's identities. */
  readonly list: () => Promise<Identity[]>;

  /**
   * Links the user's Google account with Google's screen. Otherwise as {@link link}.
   *
   * @throws as {@link link}; `screen_failed`, whose `detail` says why the screen failed; `superseded` if somebody else has signed in while the
   * screen was open, and nothing was sent.
   */
  readonly linkGoogle: (options: GoogleOptions) => Promise<SignInOutcome>;

  /** Links the user's Apple account with Apple's screen, on iOS. Otherwise as {@link linkGoogle}. */
  readonly linkApple: () => Promise<SignInOutcome>;

  /**
   * Links the Google or Apple account of `token` to the account that is signed in, which may be anonymous: it then is an account that the user
   * can come back to. Appwrite replaces the session, without a moment in which calls fail; the user stays the same. Since Appwrite 2.1.
   *
   * @throws `already_exists` if the identity or its e-mail address is another user's; otherwise as `signInWithIdToken`. The session stays as
   * it was. With `mayHaveArrived`, Appwrite may have replaced it: if it has ended, the same user signs in again with the provider.
   */
  readonly link: (token: IdToken) => Promise<SessionState>;

  /**
   * Unlinks an identity: the user cannot sign in with it any more. This session goes on.
   *
   * @throws `invalid_input` if there is no such identity; `config` if `id` cannot be an id.
   */
  readonly unlink: (id: string) => Promise<void>;
}

/** The identities of a client's user. */
export function identitiesOf(bridge: Bridge): Identities {
  const { call, stateAfter, perform } = bridge;
  const link: Identities['link'] = (token) => stateAfter(async () => perform('identities.link', ...fromIdToken(token)));
  const { withGoogle, withApple } = idTokenSignIns(bridge, 'identities.link', link, (show) => ofSameUser(bridge, show));
  return {
    list: () => call(async () => ((await perform('identities.list')) as unknown[]).map(toIdentity)),
    linkGoogle: withGoogle,
    linkApple: withApple,
    link,
    unlink: (id) =>
      call(async () => {
        await perform('identities.unlink', text(id, 'id'));
      }),
  };
}
