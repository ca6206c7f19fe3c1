/** The operations: what each tells the native side, and what becomes of its result. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { createSessionClient } from '../client';
import type { IdToken, SentCode } from '../index';
import type { SessionClient } from '../session-client';
import { native, rejection } from './support/native';
import { top } from './support/repository';

jest.mock('../NativeAppwriteSession', () => ({
  __esModule: true,
  default: jest.requireActual<typeof import('./support/native')>('./support/native').native.module,
}));

const ada = { kind: 'signed_in', userId: 'u1', userName: 'Ada' };
const nobody = { kind: 'signedOut', reason: 'signed_out' };
let session: SessionClient;

beforeEach(() => {
  native.reset();
  native.set({ kind: 'signed_out', reason: 'signed_out' });
  const gateways = ['https://api.example'];
  session = createSessionClient({ endpoint: 'https://x.example/v1', project: 'p', gateways, followAppState: false });
});

/** The operations that have reached the native side. */
const performedCalls = () => native.calls.filter(({ method }) => method === 'call');

/** Waits until what has been begun has reached the native side. */
const settled = () => new Promise(setImmediate);

const shownAccount = {
  id: 'u1',
  name: 'Ada',
  emailVerified: false,
  phoneVerified: false,
  mfaEnabled: true,
  labels: ['staff'],
  preferences: { theme: 'dark' },
};
const account = {
  ...{ user: { id: 'u1', name: 'Ada', email: null }, phone: null, emailVerified: false, phoneVerified: false },
  ...{ mfaEnabled: true, labels: ['staff'], preferences: { theme: 'dark' }, registeredAtMs: null },
};
const sent: SentCode = { userId: 'u1' };
const token: IdToken = { provider: 'apple', token: 'jwt', nonce: 'raw' };
const challenge = { id: 'c1', passkeyId: 'p1', options: '{"challenge":"x"}', expiresAtMs: null };
const shownSent = { userId: 'u1', phrase: 'a b', expiresAtMs: 7 };
const shownPasskey = { id: 'p1', name: 'mine', createdAtMs: 5 };
const passkey = { ...shownPasskey, lastUsedAtMs: null };
const shownTarget = { id: 't1', identifier: 'fcm', expired: false };
const callback = 'https://app.example/open';
const url = `${callback}?userId=u1&secret=s`;
const state = { kind: 'signed_in', verified: true };

/** An operation, how it is called, its arguments as they cross, the result as it crosses, and what the app gets. */
type Row = [string, (session: SessionClient) => Promise<unknown>, unknown[], unknown, unknown];

const rows: Row[] = [
  ['generateNonce', (s) => s.generateNonce(), [], { raw: 'r', sha256: 'h' }, { sha256: 'h' }],
  ['signInWithIdToken', (s) => s.signInWithIdToken(token), ['apple', 'jwt', 'raw', null, null], state, nobody],
  ['beginPasskey', (s) => s.beginPasskey(), [], { ...challenge, expiresAtMs: 9 }, { ...challenge, expiresAtMs: 9 }],
  ['completePasskey', (s) => s.completePasskey({ id: 'c1' }, '{}'), ['c1', '{}'], state, nobody],
  [
    'beginOAuth2',
    (s) => s.beginOAuth2('github', { scopes: ['repo'], callback }),
    ['github', ['repo'], callback],
    { url: 'https://x', callbackScheme: 'https' },
    { callbackScheme: 'https' },
  ],
  [
    'beginOAuth2',
    (s) => s.beginOAuth2('github'),
    ['github', [], null],
    { url: 'u', callbackScheme: 'a' },
    { callbackScheme: 'a' },
  ],
  ['completeOAuth2', (s) => s.completeOAuth2(url), [url], { kind: 'cancelled' }, { kind: 'cancelled' }],
  [
    'completeOAuth2',
    (s) => s.completeOAuth2(url),
    [url],
    { kind: 'signed_in', state },
    { kind: 'signedIn', state: nobody },
  ],
  ['cancelOAuth2', (s) => s.cancelOAuth2(), [], null, undefined],
  ['startEmailCode', (s) => s.startEmailCode('a@b.c', { phrase: true }), ['a@b.c', true], shownSent, shownSent],
  ['startPhoneCode', (s) => s.startPhoneCode('+1'), ['+1'], sent, { ...sent, phrase: null, expiresAtMs: null }],
  ['completeCode', (s) => s.completeCode(sent, '123456'), ['u1', '123456'], state, nobody],
  ['startMagicUrl', (s) => s.startMagicUrl('a@b.c', callback), ['a@b.c', callback, false], shownSent, shownSent],
  ['completeMagicUrl', (s) => s.completeMagicUrl(sent, callback, url), ['u1', callback, url], state, nobody],
  ['profile.updateName', (s) => s.profile.updateName('Ada'), ['Ada'], shownAccount, account],
  [
    'profile.updateEmail',
    (s) => s.profile.updateEmail('a@b.c', 'pw'),
    ['a@b.c', 'pw'],
    { ...shownAccount, email: 'a@b.c', registeredAtMs: 3 },
    { ...account, user: { ...account.user, email: 'a@b.c' }, registeredAtMs: 3 },
  ],
  [
    'profile.updatePhone',
    (s) => s.profile.updatePhone('+1', 'pw'),
    ['+1', 'pw'],
    { ...shownAccount, phone: '+1' },
    { ...account, phone: '+1' },
  ],
  ['profile.updatePassword', (s) => s.profile.updatePassword('new'), ['new', null], shownAccount, account],
  ['profile.updatePassword', (s) => s.profile.updatePassword('new', 'old'), ['new', 'old'], shownAccount, account],
  ['profile.preferences', (s) => s.profile.preferences(), [], { a: 1 }, { a: 1 }],
  ['profile.replacePreferences', (s) => s.profile.replacePreferences({ a: 1 }), [{ a: 1 }], { a: 1 }, { a: 1 }],
  ['profile.mergePreferences', (s) => s.profile.mergePreferences({ a: null }), [{ a: null }], { b: 1 }, { b: 1 }],
  ['profile.block', (s) => s.profile.block(), [], null, undefined],
  ['profile.delete', (s) => s.profile.delete(), [], null, undefined],
  ['factors.available', (s) => s.factors.available(), [], ['totp', 'voice', 'custom'], ['totp', 'custom']],
  ['factors.require', (s) => s.factors.require(false), [false], shownAccount, account],
  ['factors.enrollTotp', (s) => s.factors.enrollTotp(), [], { secret: 's', uri: 'u' }, {}],
  ['factors.verifyTotp', (s) => s.factors.verifyTotp('123456'), ['123456'], shownAccount, account],
  ['factors.removeTotp', (s) => s.factors.removeTotp(), [null], null, undefined],
  ['factors.removeTotp', (s) => s.factors.removeTotp('123456'), ['123456'], null, undefined],
  ['factors.createRecoveryCodes', (s) => s.factors.createRecoveryCodes(), [], ['x'], ['x']],
  ['factors.replaceRecoveryCodes', (s) => s.factors.replaceRecoveryCodes(), [], ['y'], ['y']],
  ['factors.recoveryCodes', (s) => s.factors.recoveryCodes(), [], ['z'], ['z']],
  ['passkeys.list', (s) => s.passkeys.list(), [], [shownPasskey], [passkey]],
  ['passkeys.beginRegistration', (s) => s.passkeys.beginRegistration('mine'), ['mine'], challenge, challenge],
  ['passkeys.beginRegistration', (s) => s.passkeys.beginRegistration(), [null], challenge, challenge],
  [
    'passkeys.completeRegistration',
    (s) => s.passkeys.completeRegistration(challenge, '{}'),
    ['c1', 'p1', '{}'],
    shownPasskey,
    passkey,
  ],
  ['passkeys.rename', (s) => s.passkeys.rename('p1', 'mine'), ['p1', 'mine'], shownPasskey, passkey],
  ['passkeys.delete', (s) => s.passkeys.delete('p1'), ['p1'], null, undefined],
  [
    'identities.list',
    (s) => s.identities.list(),
    [],
    [{ id: 'i1', provider: 'apple', providerUserId: 'x' }],
    [{ id: 'i1', provider: 'apple', providerUserId: 'x', email: null, createdAtMs: null }],
  ],
  [
    'identities.link',
    (s) => s.identities.link({ provider: 'google', token: 'jwt', accessToken: 'access', name: 'Ada' }),
    ['google', 'jwt', null, 'access', 'Ada'],
    state,
    nobody,
  ],
  ['identities.unlink', (s) => s.identities.unlink('i1'), ['i1'], null, undefined],
  [
    'pushTargets.create',
    (s) => s.pushTargets.create('fcm'),
    ['fcm', null],
    shownTarget,
    { ...shownTarget, providerId: null },
  ],
  [
    'pushTargets.create',
    (s) => s.pushTargets.create('fcm', 'pr'),
    ['fcm', 'pr'],
    { ...shownTarget, providerId: 'pr' },
    { ...shownTarget, providerId: 'pr' },
  ],
  [
    'pushTargets.update',
    (s) => s.pushTargets.update('t1', 'fcm'),
    ['t1', 'fcm'],
    shownTarget,
    { ...shownTarget, providerId: null },
  ],
  ['pushTargets.delete', (s) => s.pushTargets.delete('t1'), ['t1'], null, undefined],
  ['verification.startEmailByCode', (s) => s.verification.startEmailByCode(), [false], shownSent, shownSent],
  [
    'verification.startEmailByCode',
    (s) => s.verification.startEmailByCode({ phrase: true }),
    [true],
    shownSent,
    shownSent,
  ],
  [
    'verification.completeEmailByCode',
    (s) => s.verification.completeEmailByCode(sent, '1'),
    ['u1', '1'],
    null,
    undefined,
  ],
  ['verification.startEmailByLink', (s) => s.verification.startEmailByLink(callback), [callback], shownSent, shownSent],
  [
    'verification.completeEmailByLink',
    (s) => s.verification.completeEmailByLink(callback, url),
    [callback, url],
    null,
    undefined,
  ],
  ['verification.startPhone', (s) => s.verification.startPhone(), [], shownSent, shownSent],
  ['verification.completePhone', (s) => s.verification.completePhone(sent, '1'), ['u1', '1'], null, undefined],
  [
    'recovery.startByCode',
    (s) => s.recovery.startByCode('a@b.c', { phrase: true }),
    ['a@b.c', true],
    shownSent,
    shownSent,
  ],
  ['recovery.completeByCode', (s) => s.recovery.completeByCode(sent, '1', 'pw'), ['u1', '1', 'pw'], null, undefined],
  ['recovery.startByLink', (s) => s.recovery.startByLink('a@b.c', callback), ['a@b.c', callback], shownSent, shownSent],
  [
    'recovery.completeByLink',
    (s) => s.recovery.completeByLink(callback, url, 'pw'),
    [callback, url, 'pw'],
    null,
    undefined,
  ],
  [
    'diagnose',
    (s) => s.diagnose(),
    [],
    { findings: [{ area: 'clock', level: 'ok', code: 'right', text: 'x' }], text: 't' },
    { findings: [{ area: 'clock', level: 'ok', code: 'right', text: 'x', advice: null }], text: 't' },
  ],
  ['metrics', (s) => s.metrics(), [], { signIns: 1 }, { signIns: 1 }],
];

test.each(rows)(
  '%s crosses by its name, with its arguments and its result',
  async (name, perform, args, shown, given) => {
    const performed = perform(session);
    await settled();
    const [client, operation, argumentsJson] = native.call('call').args;
    expect([client, operation]).toEqual([1, name]);
    expect(JSON.parse(argumentsJson as string)).toEqual(args);
    native.call('call').resolve(JSON.stringify(shown));
    const result = await performed;
    // Nothing of this compares what is hidden; that is below.
    expect(result).toEqual(given);
  },
);

test('every operation of the core has a function, and there is no other', () => {
  const source = readFileSync(join(top, 'core/src/by_name/mod.rs'), 'utf8');
  const names = [...source.matchAll(/^ {4}"([\w.]+)" => /gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(45);
  expect([...new Set(rows.map(([name]) => name))]).toEqual(names);
  const nouns = ['profile', 'factors', 'passkeys', 'identities', 'pushTargets', 'verification', 'recovery'] as const;
  const ofNouns = nouns.flatMap((noun) => Object.keys(session[noun]).map((method) => `${noun}.${method}`));
  const withScreens = ['passkeys.register', 'identities.linkGoogle', 'identities.linkApple'];
  expect(ofNouns.sort()).toEqual([...names.filter((name) => name?.includes('.')), ...withScreens].sort());
});

test('a secret can be read, and is not shown', async () => {
  const begun = [session.generateNonce(), session.beginOAuth2('github'), session.factors.enrollTotp()] as const;
  await settled();
  const results = [
    { raw: 'SECRET', sha256: 'h' },
    { url: 'SECRET', callbackScheme: 'app' },
    { secret: 'SECRET', uri: 'SECRET' },
  ];
  performedCalls().forEach(({ resolve }, at) => {
    resolve(JSON.stringify(results[at]));
  });
  const [nonce, start, enrollment] = await Promise.all(begun);
  expect([nonce.raw, start.url, enrollment.secret, enrollment.uri]).toEqual(['SECRET', 'SECRET', 'SECRET', 'SECRET']);
  for (const shown of [nonce, start, enrollment]) {
    expect(inspect(shown) + JSON.stringify(shown)).not.toContain('SECRET');
  }
});

test('a sign-in resolves to the state that it has led to', async () => {
  const signedIn = session.completeCode(sent, '123456');
  const outcome = session.completeOAuth2(url);
  await settled();
  native.set(ada);
  performedCalls().forEach(({ resolve }) => {
    resolve(JSON.stringify({ kind: 'signed_in' }));
  });
  expect(await signedIn).toMatchObject({ kind: 'signedIn', user: { id: 'u1' } });
  expect(await outcome).toMatchObject({ kind: 'signedIn', state: { kind: 'signedIn', user: { id: 'u1' } } });
});

test('a failure is a SessionError, and the state is not behind it', async () => {
  const list = session.passkeys.list();
  await settled();
  native.set({ kind: 'signed_out', reason: 'session_ended' });
  native.call('call').reject(rejection({ code: 'unsupported', detail: '2.5' }));
  await expect(list).rejects.toMatchObject({ name: 'SessionError', code: 'unsupported', detail: '2.5' });
  expect(session.state).toEqual({ kind: 'signedOut', reason: 'session_ended' });
});

// What a caller without types writes.
const wrong = (value: unknown) => value as never;
const endless: Record<string, unknown> = {};
endless.self = endless;

test.each<[string, (session: SessionClient) => Promise<unknown>]>([
  ['name must be a string, but got undefined', (s) => s.profile.updateName(wrong(undefined))],
  ['oldPassword must be a string, but got number', (s) => s.profile.updatePassword('new', wrong(7))],
  ['preferences must be an object', (s) => s.profile.replacePreferences(wrong(['a']))],
  ['changes must be an object', (s) => s.profile.mergePreferences(wrong(null))],
  ['the arguments must be values that JSON has', (s) => s.profile.replacePreferences(endless)],
  ['required must be true or false', (s) => s.factors.require(wrong(undefined))],
  ['phrase must be true or false', (s) => s.startEmailCode('a@b.c', { phrase: wrong('yes') })],
  ['scopes must be an array of strings', (s) => s.beginOAuth2('github', wrong({ scopes: 'repo' }))],
  ['scopes must be a string', (s) => s.beginOAuth2('github', wrong({ scopes: [7] }))],
  ['sent.userId must be a string', (s) => s.completeCode(wrong({}), '1')],
  ['sent.userId must be a string', (s) => s.completeMagicUrl(wrong({}), callback, url)],
  ['sent.userId must be a string', (s) => s.recovery.completeByCode(wrong({}), '1', 'pw')],
  ['challenge.passkeyId must be a string', (s) => s.passkeys.completeRegistration(wrong({ id: 'c1' }), '{}')],
  ["provider must be one of: 'apple', 'google'", (s) => s.signInWithIdToken(wrong({ provider: 'x', token: 'jwt' }))],
  ['nonce must be a string', (s) => s.identities.link(wrong({ provider: 'apple', token: 'jwt', nonce: {} }))],
])('%s, which is said before anything crosses', async (message, perform) => {
  const refused = { code: 'config', message: expect.stringContaining(message) as string };
  await expect(perform(session)).rejects.toMatchObject(refused);
  expect(performedCalls()).toEqual([]);
});
