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

describe('a name that the real module does not know', () => {
  const presence = { policy: 'always', title: 'Unlock', cancel: 'No' };
  test.each([
    ['carrier', { gateways: [{ url: 'https://api.example.com', carrier: 'pigeon' }] }],
    ['persistence', { persistence: 'for ever' }],
    ['policy', { presence: { ...presence, policy: 'sometimes' } }],
    ['title', { presence: { ...presence, title: '' } }],
    ['cancel', { presence: { ...presence, cancel: '' } }],
    ['root certificate', { rootCertificates: ['nonsense'] }],
  ])('is refused: %s', (what, wrong) => {
    const build = () => createSessionClient({ ...config, ...wrong } as SessionConfig);
    expect(build).toThrow(expect.objectContaining({ code: 'config' }) as Error);
    expect(build).toThrow(what);
  });

  test('is refused: factor', async () => {
    await expect(session.createMfaChallenge('iris' as 'totp')).rejects.toMatchObject({ code: 'config' });
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

  test('gets bytes as they are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    let received: Uint8Array | undefined;
    fakeSession.gateway.on('PUT', '/picture', (request) => {
      received = request.bytes;
      return {};
    });
    await session.fetch('/picture', { method: 'PUT', body: bytes });
    expect(received).toEqual(bytes);
    await session.fetch('/picture', { method: 'PUT', body: 'Grüße' });
    expect(received).toEqual(Uint8Array.of(71, 114, 195, 188, 195, 159, 101));
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
    expect(await session.reportUnauthorized(authorization)).toBe('signed_out');
    expect(session.state).toEqual({ kind: 'signedOut', reason: 'session_ended' });
  });

  test('gets repeated headers, and answers with several cookies', async () => {
    fakeSession.gateway.on('GET', '/tags', ({ headers }) => ({
      headers: { 'set-cookie': ['a=1', 'b=2'] },
      json: headers['x-tag'],
    }));
    const headers: [string, string][] = [
      ['X-Tag', 'one'],
      ['X-Tag', 'two'],
    ];
    const answer = await session.fetch('/tags', { headers });
    expect(await answer.json()).toBe('one, two');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  test('redirects a body and private headers within its origin only', async () => {
    const away = fakeSession.site('https://other.example.com').on('GET', '/', ({ headers }) => ({ json: headers }));
    away.on('POST', '/', { status: 201 });
    const headers = { location: 'https://other.example.com/' };
    fakeSession.gateway.on('GET', '/away', { status: 307, headers }).on('POST', '/away', { status: 307, headers });
    const init = { headers: { 'X-Api-Key': 'secret', Accept: 'text/html' } };
    expect(await (await session.fetch('/away', init)).json()).toEqual({ accept: 'text/html' });
    await expect(session.fetch('/away', { method: 'POST', body: 'x' })).rejects.toMatchObject({
      code: 'invalid_redirect',
    });
  });

  test('whose answer is longer than the limit is an error, also for one call', async () => {
    fakeSession.gateway.on('GET', '/long', { text: 'äöü' });
    expect(await (await session.fetch('/long', { responseLimit: 6 })).text()).toBe('äöü');
    await expect(session.fetch('/long', { responseLimit: 5 })).rejects.toMatchObject({
      code: 'response_too_large',
      failureCause: 'too_large',
      mayHaveArrived: true,
    });
    await session.close();
    session = createSessionClient({ ...config, responseLimit: 5 });
    await expect(session.fetch('/long')).rejects.toMatchObject({ code: 'response_too_large' });
  });

  test('gives a verdict on each 401, and the rule says what may be sent once more', async () => {
    const verdict = async (work: () => unknown) => {
      const authorization = await session.authorize('/orders');
      await work();
      return session.reportUnauthorized(authorization);
    };
    const again = () => session.signInWithEmail('ada@example.com', 'correct horse');
    expect(await verdict(() => undefined)).toBe('session_lives');
    expect(await verdict(again)).toBe('try_again');
    fakeSession.fault('GET /v1/account', { status: 503 }, { times: 3 });
    expect(await verdict(() => undefined)).toBe('undecided');
    expect(await verdict(() => session.signInAnonymously())).toBe('other_user');
    expect(await verdict(() => session.signOut())).toBe('signed_out');
    expect(session.allowsRepetition('try_again', 'get')).toBe(true);
    expect(session.allowsRepetition('try_again', 'POST')).toBe(false);
    expect(session.allowsRepetition('try_again', 'POST', 'session_invalid')).toBe(true);
    expect(session.allowsRepetition('other_user', 'GET', 'session_invalid')).toBe(false);
  });

  describe('that refuses a call while its user signs in again', () => {
    /** The call is refused after `meanwhile`, which signs somebody in. */
    const refused = async (method: string, path: string, meanwhile: () => Promise<unknown>, type?: string) => {
      let isFirst = true;
      const kind = { 'content-type': 'application/problem+json' };
      const handler = async () => {
        if (!isFirst) return { status: 200 };
        isFirst = false;
        await meanwhile();
        return { status: 401, headers: kind, text: JSON.stringify({ type }) };
      };
      fakeSession.gateway.on(method, path, handler, { authenticated: false });
      return session.fetch('/orders', { method: path === '/orders' ? method : 'POST' });
    };
    const again = () => session.signInWithEmail('ada@example.com', 'correct horse');
    const arrived = (method: string) =>
      fakeSession.requests.filter((request) => request.to === 'gateway' && request.method === method).length;

    test('gets it once more if it is idempotent', async () => {
      expect((await refused('PUT', '/orders', again)).status).toBe(200);
      expect(arrived('PUT')).toBe(2);
    });

    test('does not get a POST once more, unless the gateway says that its service did not see it', async () => {
      expect((await refused('POST', '/orders', again)).status).toBe(401);
      expect((await refused('POST', '/orders', again, 'session_invalid')).status).toBe(200);
      expect(arrived('POST')).toBe(3);
    });

    test('gets only the refused hop of a redirect once more', async () => {
      fakeSession.gateway.on('POST', '/orders', { status: 303, headers: { location: '/orders/1' } });
      expect((await refused('GET', '/orders/1', again)).status).toBe(200);
      expect([arrived('POST'), arrived('GET')]).toEqual([1, 2]);
    });

    test('never gets it as another user', async () => {
      const answer = await refused('GET', '/orders', () => session.signInAnonymously());
      expect(answer.status).toBe(401);
      expect(arrived('GET')).toBe(1);
      fakeSession.gateway.on('GET', '/first', async () => {
        await again();
        return { status: 302, headers: { location: '/second' } };
      });
      await expect(session.fetch('/first')).rejects.toMatchObject({ code: 'superseded' });
    });
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
    expect((await session.fetch('/orders', { method: 'POST', idempotent: true })).status).toBe(201);
  });

  test('whoever is to wait longer than five seconds gets the answer instead', async () => {
    fakeSession.fault('GET /orders', { status: 429, retryAfter: 6 });
    expect((await session.fetch('/orders')).status).toBe(429);
    fakeSession.fault('GET /orders', { status: 429, retryAfter: 5 });
    expect((await session.fetch('/orders')).status).toBe(200);
  });

  test('nothing leaves the app while there is none', async () => {
    fakeSession.offline();
    const failure = { code: 'network', failureCause: 'unreachable', mayHaveArrived: false, isRetryable: true };
    await expect(session.fetch('/orders', { method: 'POST' })).rejects.toMatchObject(failure);
    expect(fakeSession.requests).toEqual([]);
  });

  test('a failure says whether the request may have arrived, and is retryable only if that does no harm', async () => {
    fakeSession.fault('POST /orders', 'lostAnswer');
    const lost = { code: 'network', failureCause: 'reset', mayHaveArrived: true, isRetryable: false };
    await expect(session.fetch('/orders', { method: 'POST' })).rejects.toMatchObject(lost);
    fakeSession.fault('GET /orders', 'lostAnswer', { times: 3 });
    await expect(session.fetch('/orders')).rejects.toMatchObject({ ...lost, isRetryable: true });
    fakeSession.fault('GET /orders', 'hang');
    const late = { code: 'timeout', failureCause: 'timed_out_total', mayHaveArrived: true };
    await expect(session.fetch('/orders', { timeoutMs: 5 })).rejects.toMatchObject(late);
    await expect(session.fetch('https://evil.example/')).rejects.toMatchObject({ mayHaveArrived: false });
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
