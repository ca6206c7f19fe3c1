/** What an app's tests do with the fake. The same file runs under every test runner and preset that the README names. */

import type * as Face from 'react-native-appwrite-session';
import { createSessionClient, type SessionClient } from 'react-native-appwrite-session';
import type * as Fake from 'react-native-appwrite-session/jest';
import { fakeSession } from 'react-native-appwrite-session/jest';

import { atFirst, config, EMPTY } from './world';

type Runner = Pick<typeof jest, 'advanceTimersByTime' | 'resetModules' | 'runAllTimers' | 'useRealTimers'> & {
  useFakeTimers(options?: { legacyFakeTimers: true }): unknown;
};
declare const vi: Runner | undefined;

const isVitest = typeof vi !== 'undefined';
const runner: Runner = isVitest ? vi : jest;
const kinds = isVitest ? (['modern'] as const) : (['modern', 'legacy'] as const);

/** Evaluates the package again. jest has no `import()`, and vitest no `require`. */
async function evaluateAgain(): Promise<{ fake: typeof Fake; face: typeof Face }> {
  runner.resetModules();
  if (isVitest) {
    return {
      fake: await import('react-native-appwrite-session/jest'),
      face: await import('react-native-appwrite-session'),
    };
  }
  return {
    fake: jest.requireActual('react-native-appwrite-session/jest'),
    face: jest.requireActual('react-native-appwrite-session'),
  };
}

test('a test file begins with an empty world, also in watch mode', () => {
  expect(atFirst).toEqual(EMPTY);
});

let session: SessionClient;

beforeEach(() => {
  fakeSession.reset();
  session = createSessionClient(config);
  fakeSession.user({ email: 'ada@example.com', password: 'correct horse', name: 'Ada' });
  fakeSession.gateway.on('GET', '/orders', ({ userId }) => ({ json: { of: userId } }));
});

afterEach(async () => {
  runner.useRealTimers();
  await session.close();
});

const signIn = () => session.signInWithEmail('ada@example.com', 'correct horse');

test('a user signs in, calls gateways with their carriers, and signs out', async () => {
  await signIn();
  expect(session.state).toMatchObject({ kind: 'signedIn', user: { name: 'Ada' } });
  const [ada] = fakeSession.users;
  const answer = await session.fetch('/orders');
  expect(await answer.requireSuccess().json()).toEqual({ of: ada?.id });
  await session.fetch('https://live.example.com/orders');
  expect(fakeSession.requests.filter(({ to }) => to === 'gateway')).toMatchObject([
    { method: 'GET', path: '/orders', carrier: 'cookie', carriers: 1, status: 200 },
    { method: 'GET', path: '/orders', carrier: 'session_header', carriers: 1, status: 200 },
  ]);

  await session.signOut();
  await fakeSession.idle();
  expect(session.state).toEqual({ kind: 'signedOut', reason: 'signed_out' });
  expect(ada?.sessions).toEqual([]);
  await expect(session.fetch('/orders')).rejects.toMatchObject({ code: 'signed_out' });
});

test('a lost answer is an error that says so', async () => {
  await signIn();
  fakeSession.fault('POST /orders', 'lostAnswer');
  const call = session.fetch('/orders', { method: 'POST' });
  await expect(call).rejects.toMatchObject({ code: 'network', mayHaveArrived: true });
});

test('when the modules are evaluated again, the device still has the session', async () => {
  await signIn();
  const { fake, face } = await evaluateAgain();
  expect(face.createSessionClient).not.toBe(createSessionClient);
  expect(fake.fakeSession).toBe(fakeSession);
  const again = face.createSessionClient(config);
  expect(await again.restored()).toMatchObject({ kind: 'signedIn', user: { name: 'Ada' } });
  await again.close();
});

describe.each(kinds)('with %s fake timers', (kind) => {
  beforeEach(() => {
    runner.useFakeTimers(kind === 'legacy' ? { legacyFakeTimers: true } : undefined);
  });

  test('calls do not wait for timers', async () => {
    await signIn();
    fakeSession.fault('GET /orders', { status: 503, retryAfter: 1 }, { times: 2 });
    expect((await session.fetch('/orders')).status).toBe(200);
    await session.signOut();
    await fakeSession.idle();
    expect(fakeSession.users[0]?.sessions).toEqual([]);
  });

  test('a call times out when time is advanced', async () => {
    await signIn();
    const hanging = fakeSession.fault('GET /orders', 'hang');
    const refused = expect(session.fetch('/orders', { timeoutMs: 9_000 })).rejects.toMatchObject({
      code: 'timeout',
      failureCause: 'timed_out_total',
    });
    await hanging.struck();
    // jest's legacy timers leave the date as it is, so a part of the time may have passed before the timer was set.
    runner.advanceTimersByTime(8_000);
    await Promise.resolve();
    expect(fakeSession.requests.at(-1)).toMatchObject({ path: '/orders', hungUp: false });
    runner.advanceTimersByTime(1_000);
    await refused;
    expect(fakeSession.requests.at(-1)).toMatchObject({ path: '/orders', hungUp: true });
  });

  test('running all timers ends', async () => {
    await signIn();
    fakeSession.offline();
    await session.signOut();
    runner.runAllTimers();
    fakeSession.online();
    await fakeSession.idle();
    expect(fakeSession.users[0]?.sessions).toEqual([]);
  });
});
