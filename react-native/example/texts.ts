/** What the app says about states and errors, in the user's words. */

import { SessionError, type Factor, type SignedOutReason } from 'react-native-appwrite-session';

/** Why nobody is signed in, and what that means. */
export const reasons: Record<SignedOutReason, string> = {
  no_session: 'Welcome. Sign in, or sign up.',
  signed_out: 'You are signed out.',
  session_ended: 'Your session has ended. Please sign in again.',
  storage_lost: 'What this device kept cannot be read any more. Please sign in again.',
  storage_unavailable: 'This device cannot keep you signed in at the moment. You can sign in all the same.',
};

/** Where the code of a second factor comes from. */
export const factors: Record<Factor, string> = {
  totp: 'Use the authenticator app',
  email: 'Send a code by e-mail',
  phone: 'Send a code by SMS',
  custom: 'Send a code in another way',
  recovery_code: 'Use a recovery code',
};

/** What went wrong, as what to do about it. */
export function advice(error: unknown): string {
  if (!(error instanceof SessionError)) return 'That did not work.';
  switch (error.code) {
    case 'invalid_credentials':
      return 'E-mail or password is wrong.';
    case 'invalid_token':
      return 'The code is wrong. Ask for a new one.';
    case 'invalid_input':
      return 'That e-mail or password cannot be used.';
    case 'already_exists':
      return 'There is an account with this e-mail. Sign in instead.';
    case 'presence_required':
      return 'Unlock to see this, and try again.';
    case 'storage_locked':
      return 'Unlock your phone to go on.';
    case 'screen_failed':
      return error.detail === 'nothing_to_offer'
        ? 'This device has nothing to sign in with. Choose another way.'
        : 'That does not work on this device. Choose another way.';
    case 'unsupported':
      return 'That does not work yet. Choose another way.';
    case 'rate_limited':
      return `Wait ${error.retryAfterMs === undefined ? 'a while' : `${String(Math.ceil(error.retryAfterMs / 1000))} seconds`}.`;
    default:
      return error.isRetryable ? 'Try again later.' : `That did not work (${error.code}).`;
  }
}
