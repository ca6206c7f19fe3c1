/** The platform's screens for a sign-in: what each is given and what it answers. This is the one place that writes and reads both. */

import { fromRejection, SessionError } from '../errors';
import native from '../NativeAppwriteSession';

/** What each screen is given, and what it answers. */
interface Screens {
  google: {
    given: { serverClientId: string; nonce: string; button?: boolean };
    answer: { token: string; name?: string | null };
  };
  apple: { given: { nonce: string }; answer: { token: string; name?: string | null } };
  browser: { given: { url: string; callbackScheme: string }; answer: { url: string } };
}

/** Shows a screen. Resolves to `undefined` if the user closed it. */
export async function show<S extends keyof Screens>(
  screen: S,
  given: Screens[S]['given'],
): Promise<Screens[S]['answer'] | undefined> {
  const answer = await shown(screen, JSON.stringify(given));
  return answer === undefined ? undefined : (JSON.parse(answer) as Screens[S]['answer']);
}

/** Shows the platform's screen for passkeys, which takes WebAuthn's options and answers the credential, both as JSON. Otherwise as {@link show}. */
export const showPasskey = (what: 'get' | 'create', options: string): Promise<string | undefined> =>
  shown(`passkey_${what}`, options);

async function shown(screen: string, input: string): Promise<string | undefined> {
  try {
    return (await native.showScreen(screen, input)) ?? undefined;
  } catch (rejection) {
    throw fromRejection(rejection);
  }
}

const MEANINGS: Record<'not_supported' | 'interrupted', string> = {
  not_supported: 'this device or its system has none',
  interrupted: 'it was interrupted, or the app is not in front',
};

/** The error of a screen that failed before the native side was asked. */
export const screenFailed = (fault: keyof typeof MEANINGS): SessionError =>
  new SessionError('screen_failed', `the platform's screen failed: ${MEANINGS[fault]}`, {
    isRetryable: fault === 'interrupted',
    detail: fault,
  });

/** Why the screen failed, if that is what `error` says. */
export const faultOf = (error: unknown): string | undefined =>
  error instanceof SessionError && error.code === 'screen_failed' ? error.detail : undefined;
