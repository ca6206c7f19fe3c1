/** Signing in with one call: the client shows the platform's screen, and completes the sign-in with what that answers. */

import { text } from '../config';
import type { Bridge } from '../operations/bridge';
import type { OAuth2Options } from '../operations/models';
import type { WaysToSignIn } from '../operations/sign-in';
import type { BrowserSignIn } from './browser';
import { idTokenSignIns, type GoogleOptions } from './id-token';
import { CANCELLED, type SignInOutcome } from './outcome';
import { showPasskey } from './screen';
import { inTurn } from './turn';

/**
 * Signing in with the platform's screens. A user who closes the screen is the outcome `cancelled`, and no error.
 *
 * There is one screen at a time in the whole app. The same call once more, as after a double tap, joins the first and gets its outcome. Another one
 * meanwhile fails with `screen_failed` (`interrupted`). Every function goes on if the component that called it is gone; the state then says
 * what came of it. Each fails with `screen_failed` if the screen cannot do its work; `detail` says why.
 */
export interface SignInScreens {
  /**
   * Signs in with Google's screen, on Android. Since Appwrite 2.1.
   *
   * @throws as `signInWithIdToken`; `screen_failed`. Where Google's screen is not supported, offer `signInWithOAuth2('google')`.
   */
  readonly signInWithGoogle: (options: GoogleOptions) => Promise<SignInOutcome>;

  /**
   * Signs in with Apple's screen, on iOS. Apple gives the user's name only the first time. It is kept on the device until Appwrite has
   * it, also over the end of the app: if this sign-in fails, the next one brings the name along. Since Appwrite 2.1.
   *
   * @throws as `signInWithIdToken`; `screen_failed`. Where Apple's screen is not supported, offer `signInWithOAuth2('apple')`.
   */
  readonly signInWithApple: () => Promise<SignInOutcome>;

  /**
   * Signs in with a passkey that the platform's screen offers. Nobody needs to be named. Since Appwrite 2.5.
   *
   * @throws as `beginPasskey` and `completePasskey`; `screen_failed`, with `nothing_to_offer` if there is no passkey for this app.
   */
  readonly signInWithPasskey: () => Promise<SignInOutcome>;

  /**
   * Signs in with a provider in the browser, such as `github`: by Android's Custom Tabs and Apple's `ASWebAuthenticationSession` if the app contains
   * them, otherwise by the system's browser and a link that opens the app. If the system ends the app meanwhile, the client completes the
   * sign-in at the next start by itself, and the state says so.
   *
   * In the system's browser the app cannot see that the user has closed the page. Then the outcome is `cancelled` soon after the user has
   * come back without a callback, or when another sign-in is called. A callback that comes later still signs in, within an hour, unless the
   * user has signed in or out by then.
   *
   * @throws as `beginOAuth2` and `completeOAuth2`; `screen_failed`.
   */
  readonly signInWithOAuth2: (provider: string, options?: OAuth2Options) => Promise<SignInOutcome>;
}

/** The sign-ins with screens of a client. */
export function signInScreens(bridge: Bridge, ways: WaysToSignIn, browser: BrowserSignIn): SignInScreens {
  const { withGoogle, withApple } = idTokenSignIns(bridge, 'signIn', ways.signInWithIdToken);
  return {
    signInWithGoogle: withGoogle,
    signInWithApple: withApple,
    signInWithPasskey: () =>
      inTurn(bridge, 'passkey', async () => {
        const challenge = await ways.beginPasskey();
        const credential = await showPasskey('get', challenge.options);
        if (credential === undefined) return CANCELLED;
        return { kind: 'signedIn', state: await ways.completePasskey(challenge, credential) };
      }),
    signInWithOAuth2: async (provider, options) => {
      const name = ['oauth2', text(provider, 'provider'), options?.scopes, options?.callback].join(' ');
      return inTurn(bridge, name, (mayLeave) => browser.signIn(provider, options, mayLeave));
    },
  };
}
