/** What comes of a screen. A user who closes it is an outcome, not an error. */

import type { Passkey } from '../operations/models';
import type { SessionState } from '../state';

/** The user closed the screen, or did not go through with the sign-in. Nothing has changed. */
export interface Cancelled {
  readonly kind: 'cancelled';
}

/**
 * What came of a sign-in with a screen or in the browser.
 *
 * - `signedIn`: `state` is `signedIn`, or `mfaRequired` if a second factor is missing.
 * - `cancelled`: the user did not go through with it. Nothing has changed.
 */
export type SignInOutcome = { readonly kind: 'signedIn'; readonly state: SessionState } | Cancelled;

/** What came of the screen that registers a passkey. */
export type RegistrationOutcome = { readonly kind: 'registered'; readonly passkey: Passkey } | Cancelled;

/** The user did not go through with it. */
export const CANCELLED: Cancelled = Object.freeze({ kind: 'cancelled' });
