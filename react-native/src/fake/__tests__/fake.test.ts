/** What a test of an app can do with the fake, beside what all languages' scenarios play through it. */

import type * as Entry from '../index';
import { fakeSession } from '../index';
import type * as Face from '../../index';
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

afterEach(() => session.close());

const newAda = () => fakeSession.user({ email: 'ada@example.com', password: 'correct horse' });
const signIn = () => session.signInWithEmail('ada@example.com', 'correct horse');

describe('the device', () => {
  test('reset empties it, and a client that is there begins anew', async () => {
    newAda();
    await signIn();
    fakeSession.reset();
    expect(await session.restored()).toEqual({ kind: 'signedOut', reason: 'no_session' });
    expect(fakeSession.requests).toEqual([]);
    expect(fakeSession.store.isEmpty).toBe(true);
    await expect(signIn()).rejects.toMatchObject({ code: 'invalid_credentials' });
  });

  test('a restart finds what was stored, and makes no request', async () => {
    const ada = newAda();
    await signIn();
    const sent = fakeSession.requests.length;
    fakeSession.restart();
    expect(await session.restored()).toMatchObject({ kind: 'signedIn', user: { id: ada.id }, verified: false });
    expect(fakeSession.requests).toHaveLength(sent);
  });

  test('a client that keeps nothing starts signed out', async () => {
    newAda();
    const forgetful = createSessionClient({ ...config, persistence: 'memory_only' });
    await forgetful.signInWithEmail('ada@example.com', 'correct horse');
    expect(forgetful.persistence).toBe('memory_only');
    fakeSession.restart();
    expect(await forgetful.restored()).toEqual({ kind: 'signedOut', reason: 'no_session' });
    await forgetful.close();
  });

  test('an app that is installed anew forgets the session and revokes it', async () => {
    const ada = newAda();
    const careful = createSessionClient({ ...config, forgetAfterReinstall: true, accountSlot: 'careful' });
    await careful.signInWithEmail('ada@example.com', 'correct horse');
    fakeSession.reinstall();
    expect(await careful.restored()).toEqual({ kind: 'signedOut', reason: 'no_session' });
    await fakeSession.idle();
    expect(ada.sessions).toEqual([]);
    await careful.close();
  });

  test('each account slot starts with the user that was said for it', async () => {
    const [ada, bob] = [newAda(), fakeSession.user({ name: 'Bob' })];
    const other = createSessionClient({ ...config, accountSlot: 'other' });
    fakeSession.startSignedIn(ada);
    fakeSession.startSignedIn(bob, { accountSlot: 'other' });
    expect(await session.restored()).toMatchObject({ user: { id: ada.id } });
    expect(await other.restored()).toMatchObject({ user: { id: bob.id } });
    await other.close();
  });

  test('whoever is not there is refused, and asked again the next time', async () => {
    fakeSession.startSignedIn(newAda());
    fakeSession.gateway.on('GET', '/orders', { json: [] });
    const guarded = createSessionClient({ ...config, presence: { policy: 'default', title: 'Unlock', cancel: 'No' } });
    fakeSession.presence.present = false;
    await expect(guarded.fetch('/orders')).rejects.toMatchObject({ code: 'presence_required' });
    fakeSession.presence.present = true;
    expect((await guarded.fetch('/orders')).status).toBe(200);
    expect((await guarded.fetch('/orders')).status).toBe(200);
    expect(fakeSession.presence.asked).toBe(2);
    await guarded.close();
  });
});

describe('a reload of JavaScript', () => {
  test('the next client of the same configuration takes over the one that was left behind', async () => {
    newAda();
    const forgetful: SessionConfig = { ...config, persistence: 'memory_only', accountSlot: 'reload' };
    await createSessionClient(forgetful).signInWithEmail('ada@example.com', 'correct horse');
    jest.isolateModules(() => {
      const again = jest.requireActual<typeof Entry>('../index');
      const face = jest.requireActual<typeof Face>('../../index');
      expect(again.fakeSession).toBe(fakeSession);
      expect(face.createSessionClient(forgetful).state.kind).toBe('signedIn');
      const changed = { ...forgetful, attempts: 1 };
      expect(face.createSessionClient(changed).state.kind).toBe('restoring');
    });
    // The one of this file was left behind as well.
    session = createSessionClient(config);
  });
});

describe('a gateway', () => {
  beforeEach(() => {
    fakeSession.startSignedIn(newAda());
  });

  test('gives its handler what the path, the query, the headers and the body say', async () => {
    fakeSession.gateway.on('PUT', '/orders/:id/items/*', ({ params, query, headers, json, path }) => ({
      status: 201,
      headers: { 'x-seen': path },
      json: { params, query, trace: headers['x-trace'], json },
    }));
    const init = { method: 'PUT', headers: { 'X-Trace': '7' }, body: JSON.stringify({ n: 1 }) };
    const answer = await session.fetch('/orders/a%20b/items/2/3?page=4', init);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-seen')).toBe('/orders/a%20b/items/2/3');
    expect(await answer.json()).toEqual({ params: { id: 'a b' }, query: { page: '4' }, trace: '7', json: { n: 1 } });
  });

  test('answers bytes as they are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    fakeSession.gateway.on('GET', '/picture', { bytes });
    expect(new Uint8Array(await (await session.fetch('/picture')).arrayBuffer())).toEqual(bytes);
  });

  test('answers what was said last, and 404 with advice where nothing was', async () => {
    fakeSession.gateway.on('GET', '/orders', { text: 'first' }).on('GET', '/orders', { text: 'second' });
    expect(await (await session.fetch('/orders')).text()).toBe('second');
    const answer = await session.fetch('/invoices');
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("fakeSession.gateway.on('GET', '/invoices'");
  });

  test('refuses by itself whom Appwrite does not know, unless its route is open', async () => {
    const answer = { json: 'hello' };
    fakeSession.gateway.on('GET', '/closed', answer).on('GET', '/open', answer, { authenticated: false });
    const status = async (path: string) => (await fakeSession.fetch(`https://api.example.com${path}`)).status;
    expect(await status('/closed')).toBe(401);
    expect(await status('/open')).toBe(200);
  });

  test('is called by an HTTP client of the app with the headers of authorize', async () => {
    const url = 'https://api.example.com/orders';
    fakeSession.gateway.on('GET', '/orders', ({ userId }) => ({ json: userId }));
    const authorization = await session.authorize(url);
    expect((await fakeSession.fetch(url, { headers: { ...authorization.headers } })).status).toBe(200);
    const [ada] = fakeSession.users;
    ada?.revokeSessions();
    expect((await fakeSession.fetch(url, { headers: { ...authorization.headers } })).status).toBe(401);
    expect(await session.reportUnauthorized(authorization)).toEqual({ kind: 'signedOut', reason: 'session_ended' });
  });

  test('cannot redirect from https to http', async () => {
    fakeSession.gateway.on('GET', '/away', { status: 302, headers: { location: 'http://api.example.com/' } });
    await expect(session.fetch('/away')).rejects.toMatchObject({ code: 'invalid_redirect' });
  });
});

describe('the network', () => {
  beforeEach(() => {
    fakeSession.startSignedIn(newAda());
    fakeSession.gateway.on('GET', '/orders', { json: [] }).on('POST', '/orders', { status: 201 });
  });

  test('a passing fault is tried again where that does no harm, without a wait', async () => {
    fakeSession.fault('GET /orders', { status: 503 }, { times: 2 });
    expect((await session.fetch('/orders')).status).toBe(200);
    expect(fakeSession.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
    fakeSession.fault('POST /orders', { status: 503 });
    expect((await session.fetch('/orders', { method: 'POST' })).status).toBe(503);
    fakeSession.fault('POST /orders', 'network');
    await expect(session.fetch('/orders', { method: 'POST' })).rejects.toMatchObject({ code: 'network' });
    fakeSession.fault('POST /orders', 'lostAnswer');
    expect((await session.fetch('/orders', { method: 'POST', repeatable: true })).status).toBe(201);
  });

  test('whoever is to wait longer than five seconds gets the answer instead', async () => {
    fakeSession.fault('GET /orders', { status: 429, retryAfter: 6 });
    expect((await session.fetch('/orders')).status).toBe(429);
    fakeSession.fault('GET /orders', { status: 429, retryAfter: 5 });
    expect((await session.fetch('/orders')).status).toBe(200);
  });

  test('nothing leaves the app while there is none', async () => {
    fakeSession.offline();
    await expect(session.fetch('/orders')).rejects.toMatchObject({ code: 'network', isRetryable: true });
    expect(fakeSession.requests).toEqual([]);
  });

  test('a call is given up when its signal is aborted, and the request shows it', async () => {
    const hanging = fakeSession.fault('GET /orders', 'hang');
    const controller = new AbortController();
    const call = session.fetch('/orders', { signal: controller.signal });
    await hanging.struck();
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(fakeSession.requests).toMatchObject([{ path: '/orders', status: undefined, hungUp: true }]);
  });

  test('a fault that is aimed nowhere is refused', () => {
    expect(() => fakeSession.fault('orders', 'hang')).toThrow('GET /orders');
  });

  test('time-outs follow the timers of jest', async () => {
    jest.useFakeTimers();
    const hanging = fakeSession.fault('GET /orders', 'hang');
    const call = expect(session.fetch('/orders')).rejects.toMatchObject({ code: 'timeout' });
    await hanging.struck();
    jest.advanceTimersByTime(60_000);
    await call;
    jest.useRealTimers();
  });
});

describe('Appwrite', () => {
  test('asks for a code where the user wants that', async () => {
    const ada = fakeSession.user({ email: 'ada@example.com', password: 'correct horse', mfa: true });
    expect(await signIn()).toEqual({ kind: 'mfaRequired', factors: ['totp'] });
    const challenge = await session.createMfaChallenge('totp');
    expect(await session.completeMfaChallenge(challenge, ada.totp())).toMatchObject({ kind: 'signedIn' });
  });

  test('lets a user sign up, whom the test finds by the address', async () => {
    await session.signUpWithEmail('eve@example.com', 'correct horse', 'Eve');
    expect(fakeSession.users).toMatchObject([{ email: 'eve@example.com', name: 'Eve' }]);
  });

  test('cannot have two users of one address', () => {
    newAda();
    expect(newAda).toThrow('ada@example.com');
  });

  test('refuses whom a test blocks, and keeps the session', async () => {
    const ada = newAda();
    await signIn();
    ada.blocked = true;
    await expect(session.account()).rejects.toMatchObject({ code: 'user_blocked' });
    expect(session.state.kind).toBe('signedIn');
  });
});
