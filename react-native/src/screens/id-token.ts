/** ID tokens from the screens of Google and Apple. */

import { configError } from '../errors';
import { text } from '../config';
import { flag, type Bridge } from '../operations/bridge';
import { toNonce, type IdToken, type Nonce } from '../operations/models';
import type { SessionState } from '../state';
import { CANCELLED, type SignInOutcome } from './outcome';
import { show } from './screen';
import { inTurn } from './turn';

/** How Google's screen is shown. */
export interface GoogleOptions {
  /**
   * The client id of the type "Web application" at Google, which is one of the client ids of the project's Google provider at Appwrite. It ends in
   * `.apps.googleusercontent.com`.
   */
  readonly serverClientId: string;
  /**
   * Whether the user has pressed a button for Google: then the screen lets the user choose among all accounts and add one. Otherwise it is the
   * sheet that offers the accounts of the device. `false` if not set.
   */
  readonly button?: boolean | undefined;
}

/** Lets Google's screen give an ID token; `undefined` if the user closed it. */
async function googleToken(nonce: () => Promise<Nonce>, options: GoogleOptions): Promise<IdToken | undefined> {
  const { raw, sha256 } = await nonce();
  const answer = await show('google', { ...options, nonce: sha256 });
  return answer && { provider: 'google', token: answer.token, nonce: raw, name: answer.name };
}

/** Lets Apple's screen give an ID token; `undefined` if the user closed it. */
async function appleToken(nonce: () => Promise<Nonce>): Promise<IdToken | undefined> {
  const { raw, sha256 } = await nonce();
  const answer = await show('apple', { nonce: sha256 });
  return answer && { provider: 'apple', token: answer.token, nonce: raw, name: answer.name };
}

/**
 * What to do with the screens of Google and Apple, one at a time: `exchange` gets the token. `name` says what it does, and `ask` may refuse
 * what the screen has answered.
 */
export function idTokenSignIns(
  bridge: Bridge,
  name: string,
  exchange: (token: IdToken) => Promise<SessionState>,
  ask: (show: () => Promise<IdToken | undefined>) => Promise<IdToken | undefined> = (show) => show(),
): { withGoogle: (options: GoogleOptions) => Promise<SignInOutcome>; withApple: () => Promise<SignInOutcome> } {
  const nonce = () => bridge.call(async () => toNonce(await bridge.perform('generateNonce')));
  const used = async (token: IdToken | undefined): Promise<SignInOutcome> =>
    token ? { kind: 'signedIn', state: await exchange(token) } : CANCELLED;
  return {
    withGoogle: async (options) => {
      const asked = checked(options);
      return inTurn(bridge, `${name} google ${JSON.stringify(asked)}`, async () =>
        used(await ask(() => googleToken(nonce, asked))),
      );
    },
    withApple: () => inTurn(bridge, `${name} apple`, async () => used(await ask(() => appleToken(nonce)))),
  };
}

function checked(options: GoogleOptions): { serverClientId: string; button: boolean } {
  // What it is else, a caller without types has written.
  const { serverClientId, button } = (options as GoogleOptions | null | undefined) ?? ({} as GoogleOptions);
  const id = text(serverClientId, 'serverClientId');
  if (id.trim() === '')
    throw configError('serverClientId must not be empty: it is the client id of the type "Web application" at Google');
  return { serverClientId: id, button: flag(button, 'button') };
}
