/** What an app's test can do with the ways to sign in, and with the account, beside what all languages' scenarios play. */

import { fakeSession, type Profile } from '../index';
import { createSessionClient, type SessionClient } from '../../index';

const CALLBACK = 'https://app.example.com/open';

let session: SessionClient;

function begin(profile: Profile): void {
  fakeSession.reset({ profile });
  session = createSessionClient({
    endpoint: 'https://appwrite.example.com/v1',
    project: 'shop',
    gateways: ['https://api.example.com'],
  });
}

beforeEach(() => {
  begin('1.9');
});

afterEach(() => session.close());

const newAda = () => fakeSession.user({ email: 'ada@example.com', password: 'correct horse', name: 'Ada' });
const signIn = () => session.signInWithEmail('ada@example.com', 'correct horse');

test('a code by e-mail signs in', async () => {
  const ada = newAda();
  const sent = await session.startEmailCode('ada@example.com', { phrase: true });
  expect(sent).toMatchObject({ userId: ada.id, phrase: expect.stringMatching(/\w/) as string });
  await expect(session.completeCode(sent, '000000')).rejects.toMatchObject({ code: 'invalid_token' });
  const code = fakeSession.messages[0]?.secret ?? '';
  expect(await session.completeCode(sent, code)).toMatchObject({ kind: 'signedIn', user: { id: ada.id } });
});

test('the link of an e-mail signs in, on a host that is one of the project', async () => {
  const ada = newAda();
  await expect(session.startMagicUrl('ada@example.com', CALLBACK)).rejects.toMatchObject({ code: 'invalid_input' });
  fakeSession.webHosts = ['app.example.com'];
  const sent = await session.startMagicUrl('ada@example.com', CALLBACK);
  const link = fakeSession.messages.at(-1)?.link ?? '';
  expect(link.startsWith(`${CALLBACK}?`)).toBe(true);
  const state = await session.completeMagicUrl(sent, CALLBACK, link);
  expect(state).toMatchObject({ kind: 'signedIn', user: { id: ada.id } });
  fakeSession.reset();
  expect(fakeSession.webHosts).toEqual(['localhost']);
});

describe('the browser', () => {
  test.each<[Profile, string | undefined]>([
    ['1.5', CALLBACK],
    ['1.9', undefined],
    ['2.7', undefined],
  ])('signs in through any provider, on %s', async (profile, callback) => {
    await session.close();
    begin(profile);
    fakeSession.webHosts = ['app.example.com'];
    const start = await session.beginOAuth2('github', { callback, scopes: ['repo'] });
    expect(start.callbackScheme).toBe(callback ? 'https' : 'appwrite-callback-shop');
    const url = await fakeSession.browser.open(start.url);
    // PHP writes the parts of a URL that it does not have.
    expect(url).toMatch(
      callback ? /^https:\/\/(:@)?app\.example\.com\/open\?/ : /^appwrite-callback-shop:\/\/oauth2\/?\?/,
    );
    const user = { email: 'useroauth@localhost.test' };
    const state = { kind: 'signedIn', user };
    expect(await session.completeOAuth2(url)).toMatchObject({ kind: 'signedIn', state });
    expect(session.state).toMatchObject(state);
  });

  test('returns without a session if the user declines', async () => {
    const start = await session.beginOAuth2('google');
    const url = await fakeSession.browser.open(start.url, { decline: true });
    expect(await session.completeOAuth2(url)).toEqual({ kind: 'cancelled' });
    expect(session.state.kind).toBe('signedOut');
  });

  test('is for Appwrite only, and stays on a page that leads nowhere', async () => {
    await session.restored();
    await expect(fakeSession.browser.open('https://elsewhere.example/v1/x')).rejects.toThrow(
      "this world's Appwrite only",
    );
    await expect(fakeSession.browser.open('https://appwrite.example.com/v1/account')).rejects.toThrow('ends on a page');
  });
});

test('the account is looked after', async () => {
  const ada = newAda();
  await signIn();
  const account = await session.profile.updateName('Countess');
  expect(account.user).toEqual({ id: ada.id, name: 'Countess', email: 'ada@example.com' });
  expect(session.state).toMatchObject({ user: { name: 'Countess' } });
  await session.profile.replacePreferences({ theme: 'dark', size: 2 });
  expect(await session.profile.mergePreferences({ size: null, at: [1] })).toEqual({ theme: 'dark', at: [1] });
  expect(ada.preferences).toEqual({ theme: 'dark', at: [1] });
  const target = await session.pushTargets.create('fcm');
  expect(target).toMatchObject({ identifier: 'fcm', providerId: null, expired: false });
  expect(await session.identities.list()).toEqual([]);
  await session.profile.delete();
  expect(session.state).toMatchObject({ kind: 'signedOut' });
  expect(fakeSession.users).toEqual([]);
});

test('an authenticator app is enrolled, and asked for at the next sign-in', async () => {
  const ada = newAda();
  await signIn();
  const { uri } = await session.factors.enrollTotp();
  expect(uri).toMatch(/^otpauth:/);
  expect(await session.factors.verifyTotp(ada.totp())).toMatchObject({ user: { id: ada.id } });
  expect(await session.factors.require(true)).toMatchObject({ mfaEnabled: true });
  expect(await session.factors.available()).toContain('totp');
  expect(await session.factors.createRecoveryCodes()).toHaveLength(6);
  await session.signOut();
  expect(await signIn()).toMatchObject({ kind: 'mfaRequired' });
});

test('there are passkeys since 2.5', async () => {
  newAda();
  await signIn();
  await expect(session.passkeys.list()).rejects.toMatchObject({ code: 'unsupported', detail: '2.5' });
  await session.close();
  begin('2.7');
  newAda();
  await signIn();
  expect(await session.passkeys.list()).toEqual([]);
  const challenge = await session.passkeys.beginRegistration('phone');
  expect(JSON.parse(challenge.options)).toMatchObject({ challenge: expect.any(String) as string });
});

test('a password that was forgotten is set anew', async () => {
  newAda();
  fakeSession.webHosts = ['app.example.com'];
  await session.recovery.startByLink('ada@example.com', CALLBACK);
  const link = fakeSession.messages[0]?.link ?? '';
  await session.recovery.completeByLink(CALLBACK, link, 'battery staple');
  expect(await session.signInWithEmail('ada@example.com', 'battery staple')).toMatchObject({ kind: 'signedIn' });
});
