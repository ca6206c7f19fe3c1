/** Everything that a client performs by name: the ways to sign in, and the account of its user by noun. */

import type { Bridge } from './bridge';
import { factorsOf, type Factors } from './factors';
import { identitiesOf, type Identities } from './identities';
import { passkeysOf, type Passkeys } from './passkeys';
import { profileOf, type Profile } from './profile';
import { pushTargetsOf, type PushTargets } from './push-targets';
import { recoveryOf, type Recovery } from './recovery';
import { waysToSignIn, type WaysToSignIn } from './sign-in';
import { verificationOf, type Verification } from './verification';

/** The ways to sign in, and the account of the user by noun. */
export interface Operations extends WaysToSignIn {
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

/** The operations of a client. */
export const operationsOf = (bridge: Bridge): Operations => ({
  ...waysToSignIn(bridge),
  profile: profileOf(bridge),
  factors: factorsOf(bridge),
  passkeys: passkeysOf(bridge),
  identities: identitiesOf(bridge),
  pushTargets: pushTargetsOf(bridge),
  verification: verificationOf(bridge),
  recovery: recoveryOf(bridge),
});
