/** What a test of an app can do with the fake's Appwrite: releases, messages, time, limits and webhooks. */

import { fakeSession } from '../index';
import { createSessionClient, type SessionClient } from '../../index';

const DAY = 24 * 3600 * 1000;

let session: SessionClient;

beforeEach(() => {
  fakeSession.reset();
  session = createSessionClient({
    endpoint: 'https://appwrite.example.com/v1',
    project: 'shop',
    gateways: ['https://api.example.com'],
    presence: { policy: 'session', timeoutMs: 60_000, title: 'Unlock', cancel: 'No' },
  });
});

afterEach(() => session.close());

const newAda = (options = {}) =>
  fakeSession.user({ email: 'ada@example.com', password: 'correct horse', name: 'Ada', ...options });
const signIn = () => session.signInWithEmail('ada@example.com', 'correct horse');

test.each([
  ['1.5', 401],
  ['1.9', 403],
  ['2.7', 403],
] as const)('it is the release %s, which refuses a blocked user with %d', async (profile, status) => {
  fakeSession.reset({ profile });
  expect(fakeSession.profile).toBe(profile);
  newAda().blocked = true;
  await expect(signIn()).rejects.toMatchObject({ code: 'user_blocked' });
  expect(fakeSession.requests).toMatchObject([{ to: 'appwrite', path: '/v1/account/sessions/email', status }]);
});

test('the release is the usual one again after a reset', () => {
  fakeSession.reset({ profile: '1.5' });
  fakeSession.reset();
  expect(fakeSession.profile).toBe('1.9');
});

test('the code of a factor by e-mail is in a message', async () => {
  const ada = newAda({ mfa: true });
  ada.emailVerified = true;
  expect(await signIn()).toEqual({ kind: 'mfaRequired', factors: ['totp', 'email'] });
  expect(fakeSession.messages).toEqual([]);
  const challenge = await session.createMfaChallenge('email');
  expect(fakeSession.messages).toMatchObject([{ userId: ada.id }]);
  const code = fakeSession.messages[0]?.secret ?? '';
  expect(await session.completeMfaChallenge(challenge, code)).toMatchObject({ kind: 'signedIn' });
});

test('a session ends when its time has passed', async () => {
  const ada = newAda();
  await signIn();
  fakeSession.advance(364 * DAY);
  await session.account();
  const [open] = ada.sessions;
  expect(open?.expiresAtMs).toBeLessThan(Date.now() + 366 * DAY);
  fakeSession.advance(2 * DAY);
  await expect(session.account()).rejects.toMatchObject({ code: 'signed_out', reason: 'session_ended' });
});

test('a confirmation of presence ends when its time has passed', async () => {
  fakeSession.startSignedIn(newAda());
  await session.account();
  await session.account();
  expect(fakeSession.presence.asked).toBe(1);
  fakeSession.advance(60_001);
  await session.account();
  expect(fakeSession.presence.asked).toBe(2);
});

test('a session that a test lets expire is over', async () => {
  const ada = newAda();
  await signIn();
  const [open] = ada.sessions;
  if (open) open.expiresAtMs = Date.now() - 1;
  await expect(session.account()).rejects.toMatchObject({ code: 'signed_out' });
});

test('it limits how often it is called when a test wants that', async () => {
  newAda();
  const wrong = () => session.signInWithEmail('ada@example.com', 'wrong horse');
  for (let time = 0; time < 12; time += 1) await expect(wrong()).rejects.toMatchObject({ code: 'invalid_credentials' });
  fakeSession.rateLimits = true;
  for (let time = 0; time < 10; time += 1) await expect(wrong()).rejects.toMatchObject({ code: 'invalid_credentials' });
  const limited = { code: 'rate_limited', retryAfterMs: expect.any(Number) as number };
  await expect(wrong()).rejects.toMatchObject(limited);
  fakeSession.reset();
  expect(fakeSession.rateLimits).toBe(false);
});

test('a webhook is delivered to a route, signed', async () => {
  const seen: unknown[] = [];
  fakeSession.gateway.on(
    'POST',
    '/hooks',
    ({ headers, json }) => {
      seen.push({ signature: headers['x-appwrite-webhook-signature'], json });
      return { status: 204 };
    },
    { authenticated: false },
  );
  const webhook = fakeSession.webhook('https://api.example.com/hooks', ['users.*.sessions.*.create']);
  const ada = newAda();
  await signIn();
  await webhook.delivered();
  expect(webhook.key).not.toBe('');
  expect(webhook.deliveries).toMatchObject([{ status: 204 }]);
  expect(seen).toMatchObject([{ signature: expect.any(String) as string, json: { userId: ada.id } }]);
});

test('what a test changes of a user is in the next answer, and can be read', async () => {
  const ada = newAda({ preferences: { theme: 'dark' }, labels: ['staff'] });
  await signIn();
  expect(await session.account()).toMatchObject({ preferences: { theme: 'dark' }, labels: ['staff'] });
  Object.assign(ada, {
    name: 'Countess',
    email: 'lovelace@example.com',
    labels: [],
    preferences: {},
    emailVerified: true,
  });
  const { name, email, labels, preferences, emailVerified, password, mfa, blocked } = ada;
  expect({ name, email, labels, preferences, emailVerified, password, mfa, blocked }).toEqual({
    ...{ name: 'Countess', email: 'lovelace@example.com', labels: [], preferences: {}, emailVerified: true },
    ...{ password: 'correct horse', mfa: false, blocked: false },
  });
  expect(await session.account()).toMatchObject({
    user: { name: 'Countess', email: 'lovelace@example.com' },
    emailVerified: true,
    labels: [],
    preferences: {},
  });
});
