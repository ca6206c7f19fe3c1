/**
 * The operations that all languages name in the same way, by the functions of the TypeScript API: how each takes the arguments of the core's
 * list, and what of its result the conductor gets.
 */

import type { Account, Diagnosis, IdToken, Nonce, OAuth2Start, SessionClient, SignInOutcome, TotpEnrollment } from '../../src';
import * as encode from './encode';

type Args = readonly unknown[];
type Operation = { args: (args: Args) => Args; result: (result: never) => unknown };

const same = <T>(value: T): T => value;
const nothing = () => null;

/** Objects of the API for the ids and flags of the core's list. */
const phraseAt = (at: number) => (args: Args) => [...args.slice(0, at), { phrase: args[at] }];
const sent = ([userId, ...rest]: Args) => [{ userId }, ...rest];
const challenge = ([id, ...rest]: Args) => [{ id }, ...rest];
const registration = ([id, passkeyId, ...rest]: Args) => [{ id, passkeyId }, ...rest];
const browser = ([provider, scopes, callback]: Args) => [provider, { scopes, callback }];
const idToken = ([provider, token, nonce, accessToken, name]: Args) => [
  { provider, token, nonce, accessToken, name } as IdToken,
];

/** What is hidden when it is written as JSON, and what has other names. */
const nonce = ({ raw, sha256 }: Nonce) => ({ raw, sha256 });
const start = ({ url, callbackScheme }: OAuth2Start) => ({ url, callbackScheme });
const enrollment = ({ secret, uri }: TotpEnrollment) => ({ secret, uri });
const diagnosis = ({ findings }: Diagnosis) => ({
  problems: findings.filter(({ level }) => level === 'problem').map(({ area, code }) => `${area}/${code}`),
  areas: [...new Set(findings.map(({ area }) => area))],
});
const account = ({ user, ...rest }: Account) => ({ ...user, ...rest });
/** What came of a sign-in in the browser or by a screen, in the core's form. */
export const outcome = (outcome: SignInOutcome) =>
  outcome.kind === 'signedIn' ? { kind: 'signed_in', state: encode.state(outcome.state) } : outcome;

const of = (args: Operation['args'], result: Operation['result']): Operation => ({ args, result });

const OPERATIONS: Readonly<Record<string, Operation>> = {
  generateNonce: of(same, nonce),
  signInWithIdToken: of(idToken, encode.state),
  beginPasskey: of(same, same),
  completePasskey: of(challenge, encode.state),
  beginOAuth2: of(browser, start),
  completeOAuth2: of(same, outcome),
  cancelOAuth2: of(same, nothing),
  startEmailCode: of(phraseAt(1), same),
  startPhoneCode: of(same, same),
  completeCode: of(sent, encode.state),
  startMagicUrl: of(phraseAt(2), same),
  completeMagicUrl: of(sent, encode.state),
  'profile.updateName': of(same, account),
  'profile.updateEmail': of(same, account),
  'profile.updatePhone': of(same, account),
  'profile.updatePassword': of(same, account),
  'profile.preferences': of(same, same),
  'profile.replacePreferences': of(same, same),
  'profile.mergePreferences': of(same, same),
  'profile.block': of(same, nothing),
  'profile.delete': of(same, nothing),
  'factors.available': of(same, same),
  'factors.require': of(same, account),
  'factors.enrollTotp': of(same, enrollment),
  'factors.verifyTotp': of(same, account),
  'factors.removeTotp': of(same, nothing),
  'factors.createRecoveryCodes': of(same, same),
  'factors.replaceRecoveryCodes': of(same, same),
  'factors.recoveryCodes': of(same, same),
  'passkeys.list': of(same, same),
  'passkeys.beginRegistration': of(same, same),
  'passkeys.completeRegistration': of(registration, same),
  'passkeys.rename': of(same, same),
  'passkeys.delete': of(same, nothing),
  'identities.list': of(same, same),
  'identities.link': of(idToken, encode.state),
  'identities.unlink': of(same, nothing),
  'pushTargets.create': of(same, same),
  'pushTargets.update': of(same, same),
  'pushTargets.delete': of(same, nothing),
  'verification.startEmailByCode': of(phraseAt(0), same),
  'verification.completeEmailByCode': of(sent, nothing),
  'verification.startEmailByLink': of(same, same),
  'verification.completeEmailByLink': of(same, nothing),
  'verification.startPhone': of(same, same),
  'verification.completePhone': of(sent, nothing),
  'recovery.startByCode': of(phraseAt(1), same),
  'recovery.completeByCode': of(sent, nothing),
  'recovery.startByLink': of(same, same),
  'recovery.completeByLink': of(same, nothing),
  diagnose: of(same, diagnosis),
  metrics: of(same, same),
};

/** The names of all operations, sorted. */
export const operations = Object.keys(OPERATIONS).sort();

/** Performs the operation of that name by the API. `undefined` if there is none. */
export async function perform(client: SessionClient, name: string, args: Args): Promise<{ ok: unknown } | undefined> {
  const operation = OPERATIONS[name];
  if (!operation) return undefined;
  const owner = name.includes('.') ? client[name.split('.')[0] as keyof SessionClient] : client;
  const method = (owner as unknown as Record<string, (...args: Args) => Promise<unknown>>)[name.split('.').at(-1)!]!;
  return { ok: operation.result((await method(...operation.args(args))) as never) };
}
