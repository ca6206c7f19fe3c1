/** What one user asked for with a screen is not done for another. */

import { SessionError } from '../errors';
import type { Bridge } from '../operations/bridge';
import type { SessionState } from '../state';

/**
 * What the user of this client answers to a screen: `undefined` if the user closed it. Fails with `superseded` if somebody else is signed in by
 * then.
 */
export async function ofSameUser<T>(bridge: Bridge, show: () => Promise<T | undefined>): Promise<T | undefined> {
  const asker = await bridge.restored();
  const answer = await show();
  if (answer === undefined) return undefined;
  if (isSomebodyElse(await bridge.restored(), asker)) {
    throw new SessionError('superseded', 'somebody else has signed in while the screen was open');
  }
  return answer;
}

/** Whether it is known that another user is signed in now. If nobody is, what is to be done says so itself. */
function isSomebodyElse(now: SessionState, asker: SessionState): boolean {
  if (now.kind !== 'signedIn' || !now.user) return false;
  if (asker.kind === 'signedIn') return !!asker.user && asker.user.id !== now.user.id;
  return asker.kind === 'signedOut' || asker.kind === 'mfaRequired';
}
