/** Everything that a client performs by name: the ways to sign in, and the account of its user by noun. */

import type { Bridge } from './bridge';
import { factorsOf, type Factors } from './factors';
import { identitiesOf, type Identities } from './identities';
import { insideOf, type LookInside } from './inside';
import { passkeysOf, type Passkeys } from './passkeys';
import { profileOf, type Profile } from './profile';
import { pushTargetsOf, type PushTargets } from './push-targets';
import { recoveryOf, type Recovery } from './recovery';
import { waysToSignIn, type WaysToSignIn } from './sign-in';
import { BrowserSignIn } from '../screens/browser';
import { signInScreens, type SignInScreens } from '../screens/sign-in';
import type { SessionError } from '../errors';
import { verificationOf, type Verification } from './verification';

/** The ways to sign in, and the account of the user by noun. */
export interface Operations extends WaysToSignIn, SignInScreens, LookInside {
  /** Name, e-mail address, phone number, password and preferences of the user, and the end of the account. */
  readonly profile: Profile;
  /** The user's second factors. */
  readonly factors: Factors;
  /** The user's passkeys. */
  readonly passkeys: Passkeys;
  /** The accounts at other providers that the user can sign in with. */
  readonly identities: Identities;
  /** The devices that take the user's push messages. */
  readonly pushTargets: PushTargets;
  /** Proves that an e-mail address or a phone number is the user's. */
  readonly verification: Verification;
  /** A new password for a user who has forgotten the old one. */
  readonly recovery: Recovery;
}

/** The operations of a client, and its sign-in in the browser, which takes callbacks. `failed` gets what went wrong with a callback that no call waits for. */
export function operationsOf(
  bridge: Bridge,
  failed: (error: SessionError) => void,
): { operations: Operations; browser: BrowserSignIn } {
  const ways = waysToSignIn(bridge);
  const browser = new BrowserSignIn(ways, failed);
  const operations: Operations = {
    ...ways,
    ...signInScreens(bridge, ways, browser),
    completeOAuth2: (url) => browser.complete(url),
    profile: profileOf(bridge),
    factors: factorsOf(bridge),
    passkeys: passkeysOf(bridge),
    identities: identitiesOf(bridge),
    pushTargets: pushTargetsOf(bridge),
    verification: verificationOf(bridge),
    recovery: recoveryOf(bridge),
    ...insideOf(bridge),
  };
  return { operations, browser };
}
