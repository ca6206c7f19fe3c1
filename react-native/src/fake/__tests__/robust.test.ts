/** The fake under fake timers, beside other worlds, and after a bug of its own. */

import { fakeSession } from '../index';
import { FakeSession } from '../control';
import { createSessionClient, type SessionClient, type SessionConfig } from '../../index';

const config: SessionConfig = {
  endpoint: 'https://appwrite.example.com/v1',
  project: 'shop',
  gateways: ['https://api.example.com'],
};

let session: SessionClient;

beforeEach(() => {
  fakeSession.reset();
  session = createSessionClient(config);
});

afterEach(async () => {
  jest.useRealTimers();
  await session.close();
});

const newAda = () => fakeSession.user({ email: 'ada@example.com', password: 'correct horse' });
const signIn = () => session.signInWithEmail('ada@example.com', 'correct horse');

describe.each([
  ['modern', undefined],
  ['legacy', { legacyFakeTimers: true }],
] as const)('with %s fake timers', (_, timers) => {
  beforeEach(() => {
    jest.useFakeTimers(timers);
  });

  test('nothing waits for a timer but time-outs', async () => {
    newAda();
    fakeSession.gateway.on('GET', '/orders', { json: [] });
    await signIn();
    fakeSession.fault('GET /orders', { status: 503, retryAfter: 1 }, { times: 2 });
    expect((await session.fetch('/orders')).status).toBe(200);
    await session.signOut();
    await fakeSession.idle();
    expect(fakeSession.requests.map(({ method, status }) => `${method} ${status}`)).toEqual([
      ...['POST 201', 'GET 200', 'GET 503', 'GET 503', 'GET 200', 'DELETE 204'],
    ]);
  });

  test('a time-out comes when its timer does', async () => {
    fakeSession.startSignedIn(newAda());
    const hanging = fakeSession.fault('GET /orders', 'hang');
    const call = session.fetch('/orders', { timeoutMs: 9_000 });
    await hanging.struck();
    // Legacy timers leave the date as it is, so a part of the time may have passed before the timer was set.
    jest.advanceTimersByTime(8_000);
    await Promise.resolve();
    expect(fakeSession.requests).toMatchObject([{ hungUp: false }]);
    jest.advanceTimersByTime(1_000);
    await expect(call).rejects.toMatchObject({ code: 'timeout', failureCause: 'timed_out_total' });
    expect(fakeSession.requests).toMatchObject([{ hungUp: true }]);
  });

  test('runAllTimers ends, also while a store is locked and a revocation waits for the network', async () => {
    newAda();
    await signIn();
    fakeSession.offline();
    await session.signOut();
    const other = createSessionClient({ ...config, accountSlot: 'other' });
    fakeSession.store.fault('locked');
    fakeSession.restart();
    expect((await other.restored()).kind).toBe('storageLocked');
    jest.runAllTimers();
    fakeSession.store.fault(null);
    fakeSession.online();
    await fakeSession.idle();
    expect(fakeSession.users[0]?.sessions).toEqual([]);
    await other.close();
  });
});

test('the clocks follow a date that a test sets', async () => {
  jest.useFakeTimers({ now: new Date('2031-05-06T07:08:09Z') });
  newAda();
  await signIn();
  expect((await session.currentSession()).createdAtMs).toBe(Date.now());
});

test('several worlds know nothing of each other', async () => {
  const other = new FakeSession();
  newAda();
  await signIn();
  expect(other.users).toEqual([]);
  expect(other.exchanges).toEqual([]);
  expect(other.store.isEmpty).toBe(true);
  expect(other.user({ email: 'ada@example.com' }).id).not.toBe(fakeSession.users[0]?.id);
});

test('closing a client again does nothing, and everything else of it is refused', async () => {
  newAda();
  await session.close();
  await session.close();
  await expect(signIn()).rejects.toMatchObject({ code: 'closed', mayHaveArrived: false });
});

test('what a handler throws is an answer that says so', async () => {
  fakeSession.startSignedIn(newAda());
  fakeSession.gateway.on('GET', '/orders', () => {
    throw new Error('no such table');
  });
  const answer = await session.fetch('/orders');
  expect(answer.status).toBe(500);
  expect(await answer.json()).toEqual({ detail: 'the handler of GET /orders threw: Error: no such table' });
});

test('an answer that is none is an answer that says so', async () => {
  fakeSession.startSignedIn(newAda());
  fakeSession.gateway.on('GET', '/orders', { status: 'fine' as unknown as number });
  expect((await session.fetch('/orders')).status).toBe(500);
});

test('what a call waits for when the app restarts is closed', async () => {
  fakeSession.startSignedIn(newAda());
  const held = fakeSession.fault('GET /orders', 'hold');
  const call = session.fetch('/orders');
  await held.struck();
  fakeSession.restart();
  await expect(call).rejects.toMatchObject({ code: 'closed' });
});

test('a bug ends every call with an error that says so, and reset begins anew', async () => {
  fakeSession.startSignedIn(newAda());
  const hanging = fakeSession.fault('GET /orders', 'hang');
  const call = session.fetch('/orders');
  await hanging.struck();
  const broken = {
    code: 'internal',
    message: expect.stringMatching(/broken by a bug.*reset\(\).*panicked at.*overflow/s) as string,
  };
  // No clock can show that time.
  expect(() => {
    for (let time = 0; time < 2_000; time += 1) fakeSession.advance(1.8e19);
  }).toThrow('broken by a bug');
  await expect(call).rejects.toMatchObject(broken);
  await expect(session.account()).rejects.toMatchObject(broken);
  expect(() => fakeSession.users).toThrow('broken by a bug');

  fakeSession.reset();
  expect(await session.restored()).toEqual({ kind: 'signedOut', reason: 'no_session' });
  newAda();
  expect(await signIn()).toMatchObject({ kind: 'signedIn' });
});
