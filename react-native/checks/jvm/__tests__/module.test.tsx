/** JavaScript, the real Kotlin module, Rust, and HTTP to a mock Appwrite: what the scenarios don't play. */

import { toNativeConfig } from '../../../src/config';
import type { Jvm } from '../jvm';
import { type Mock, PASSWORD } from '../mock';
import { load, start } from './support/world';

let jvm: Jvm;
let mock: Mock;

beforeAll(async () => {
  ({ jvm, mock } = await start());
});

afterAll(async () => {
  await mock.end();
  await jvm.end();
});

let ada: string;
let stores = 0;

beforeEach(async () => {
  await mock.control('POST', '/reset');
  ada = await mock.ada();
  jvm.prepare(`store ${++stores}`, undefined);
});

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    () => Promise.reject(new Error('it was not rejected')),
    (thrown) => thrown,
  );
}

test('a gateway is called with JSON, and with bytes', async () => {
  const { face } = load(jvm);
  const session = face.createSessionClient(mock.config);
  await session.signInWithEmail('ada@example.com', PASSWORD);

  const order = { id: 7, title: 'Käse 🧀', of: [1, 2, 3] };
  const json = { 'Content-Type': 'application/json' };
  const made = await session.fetch('/gateway/echo', { method: 'POST', body: JSON.stringify(order), headers: json });
  expect(made.headers.get('content-type')).toBe('application/json');
  expect(await made.json()).toEqual(order);

  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);
  const answer = await session.fetch('/gateway/bytes/1000');
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
  const sent = await session.fetch('/gateway/echo', { method: 'POST', body: bytes });
  expect(new Uint8Array(await sent.arrayBuffer())).toEqual(bytes);
});

test('a signal that is aborted hangs up, and the session stays', async () => {
  const { face, native } = load(jvm);
  const session = face.createSessionClient(mock.config);
  await session.signInWithEmail('ada@example.com', PASSWORD);
  const hold = { path: '/gateway/whoami', fault: { kind: 'hold' } };

  const { id } = await mock.control('POST', '/faults', hold);
  const controller = new AbortController();
  const call = session.fetch('/gateway/whoami', { signal: controller.signal });
  await mock.control('GET', `/faults/${id}?hits=1`);
  controller.abort();
  expect(await rejection(call)).toMatchObject({ name: 'AbortError' });
  await mock.control('GET', '/journal?hungUp=1');
  await mock.control('POST', `/faults/${id}/release`);
  expect((await session.fetch('/gateway/whoami')).status).toBe(200);

  // What the native side says of it, of a call that was cancelled before it could begin as well.
  const client = native.createClient(toNativeConfig(mock.config)).client;
  await native.signInWithEmail(client, 'ada@example.com', PASSWORD);
  const request = {
    method: 'GET',
    target: '/gateway/whoami',
    headers: [],
    body: '',
    bodyIsBase64: false,
    idempotent: false,
    observed: false,
  };
  const cancelled = native.send(client, 1, request);
  native.cancel(client, 1);
  expect(await rejection(cancelled)).toMatchObject({
    code: 'cancelled',
    userInfo: { code: 'cancelled', retryable: false },
  });
});

test('what Appwrite refuses is a SessionError, from a rejection with code and userInfo', async () => {
  const { face, native } = load(jvm);
  const session = face.createSessionClient(mock.config);
  const thrown = await rejection(session.signInWithEmail('ada@example.com', 'a wrong password'));
  expect(thrown).toBeInstanceOf(face.SessionError);
  expect(thrown).toMatchObject({ code: 'invalid_credentials', isRetryable: false });

  const { client } = native.createClient(toNativeConfig(mock.config));
  const wrong = await rejection(native.signInWithEmail(client, 'ada@example.com', 'a wrong password'));
  const { message } = wrong;
  expect(wrong).toMatchObject({
    code: 'invalid_credentials',
    userInfo: { code: 'invalid_credentials', message, retryable: false },
    nativeStackAndroid: [],
  });
  const malformed = await rejection(native.signUpWithEmail(client, 'ada', PASSWORD, null));
  expect(malformed).toMatchObject({
    code: 'invalid_input',
    userInfo: { code: 'invalid_input', status: 400, type: 'general_argument_invalid', retryable: false },
  });
});

test('a presence without texts is refused, since its dialog could not be shown', () => {
  const { face } = load(jvm);
  for (const texts of [
    { title: '', cancel: 'Cancel' },
    { title: 'Unlock', cancel: '' },
  ]) {
    const build = () => face.createSessionClient({ ...mock.config, presence: { policy: 'always', ...texts } });
    expect(build).toThrow(expect.objectContaining({ code: 'config' }));
  }
});

test('a wrong configuration says what to write instead', async () => {
  const { face, native } = load(jvm);
  expect(() => face.createSessionClient({ ...mock.config, endpoint: 'ftp://example.com' })).toThrow(face.SessionError);
  const config = toNativeConfig(mock.config);
  const opening = native.createClient({ ...config, gateways: [{ url: config.endpoint, carrier: 'pigeon' }] });
  expect(opening).toMatchObject({
    client: 0,
    error: { code: 'config', message: expect.stringContaining('fallback_cookies') },
  });
});

test('operations need the user where the others do, and a sign-in does not', async () => {
  const { face, native } = load(jvm);
  const presence = { policy: 'always', title: 'Unlock', cancel: 'No' } as const;
  const session = face.createSessionClient({ ...mock.config, presence });
  await session.signInWithEmail('ada@example.com', PASSWORD);
  expect(await session.profile.updateName('Käthe 🧀')).toMatchObject({ user: { id: ada, name: 'Käthe 🧀' } });
  expect(session.state).toMatchObject({ user: { name: 'Käthe 🧀' } });
  expect(await rejection(session.passkeys.list())).toMatchObject({ code: 'unsupported', detail: '2.5' });

  jvm.setPresent(false);
  expect(await rejection(session.profile.preferences())).toMatchObject({ code: 'presence_required' });
  expect((await session.startEmailCode('ada@example.com')).userId).toBe(ada);
  const nobody = await rejection(session.recovery.completeByCode({ userId: '..' }, '1', PASSWORD));
  expect(nobody).toMatchObject({ code: 'config' });
  jvm.setPresent(true);

  const { client } = native.createClient(toNativeConfig({ ...mock.config, accountSlot: 'other' }));
  expect(await rejection(native.call(client, 'no.operation', '[]'))).toMatchObject({ code: 'config' });
});

test('two clients at once have a session each, and hear of their own changes only', async () => {
  const { face } = load(jvm);
  const one = face.createSessionClient({ ...mock.config, accountSlot: 'one' });
  const other = face.createSessionClient({ ...mock.config, accountSlot: 'other' });
  await Promise.all([one.restored(), other.restored()]);
  const heard: string[] = [];
  other.subscribe(() => heard.push(other.state.kind));

  await one.signInWithEmail('ada@example.com', PASSWORD);
  expect([one.state.kind, other.state.kind]).toEqual(['signedIn', 'signedOut']);
  await other.signInAnonymously();
  expect(one.state).toMatchObject({ user: { id: ada } });
  expect(other.state).toMatchObject({ kind: 'signedIn', user: { id: expect.not.stringMatching(ada) } });
  expect(heard.every((kind) => kind === 'signedIn')).toBe(true);

  await one.close();
  expect(await rejection(one.account())).toMatchObject({ code: 'closed' });
  expect(one.state.kind).toBe('signedIn');
  expect((await other.account()).user.id).toBe((other.state as { user: { id: string } }).user.id);
});

test('a session in memory survives a reload, and nothing reaches the JavaScript that is gone', async () => {
  const config = { ...mock.config, persistence: 'memory_only' as const };
  const before = load(jvm);
  const left = before.face.createSessionClient(config);
  await left.signInWithEmail('ada@example.com', PASSWORD);
  const heard: unknown[] = [];
  before.native.onChange((change) => {
    heard.push(change);
  });
  const handle = 1_000_000;
  expect(before.native.change(handle)).toMatchObject({
    client: handle,
    number: 0,
    kind: 'signed_out',
    reason: 'no_session',
  });

  // A call in flight is hung up when JavaScript goes.
  const { id } = await mock.control('POST', '/faults', { path: '/gateway/whoami', fault: { kind: 'hold' } });
  left.fetch('/gateway/whoami').catch(() => undefined);
  await mock.control('GET', `/faults/${id}?hits=1`);
  before.invalidate();
  await mock.control('GET', '/journal?hungUp=1');
  await mock.control('DELETE', '/faults');
  await mock.control('DELETE', '/journal');

  const after = load(jvm);
  const session = after.face.createSessionClient(config);
  expect(session.state).toMatchObject({ kind: 'signedIn', user: { id: ada }, verified: true });
  expect(session.persistence).toBe('memory_only');
  expect(await mock.wire()).toEqual([]);

  // The same client is not given away twice.
  const another = after.face.createSessionClient(config);
  expect(await another.restored()).toMatchObject({ kind: 'signedOut', reason: 'no_session' });

  await mock.control('DELETE', `/users/${ada}/sessions`);
  expect(await rejection(session.fetch('/gateway/whoami'))).toMatchObject({
    code: 'signed_out',
    reason: 'session_ended',
  });
  expect(session.state).toEqual({ kind: 'signedOut', reason: 'session_ended' });
  expect(heard).toEqual([]);
  expect(before.native.createClient(toNativeConfig(mock.config))).toMatchObject({
    client: 0,
    error: { code: 'closed' },
  });
});

test('a client that is left behind makes room for one of another configuration', async () => {
  const before = load(jvm);
  await before.face.createSessionClient(mock.config).signInWithEmail('ada@example.com', PASSWORD);
  before.invalidate();
  // It was stored, so it is restored, and not yet verified.
  const { face } = load(jvm);
  const session = face.createSessionClient({ ...mock.config, attempts: 1 });
  expect(await session.restored()).toMatchObject({ kind: 'signedIn', user: { id: ada }, verified: false });
});

test('a closed client is not taken over', async () => {
  const config = { ...mock.config, persistence: 'memory_only' as const };
  const before = load(jvm);
  const session = before.face.createSessionClient(config);
  await session.signInWithEmail('ada@example.com', PASSWORD);
  await session.close();
  before.invalidate();
  const after = load(jvm).face.createSessionClient(config);
  expect(await after.restored()).toMatchObject({ kind: 'signedOut', reason: 'no_session' });
});

test('the app sends a request by itself, and reports a 401 to it once', async () => {
  const { face } = load(jvm);
  const session = face.createSessionClient(mock.config);
  await session.signInWithEmail('ada@example.com', PASSWORD);
  const authorization = await session.authorize('/gateway/whoami');
  expect(Object.keys(authorization.headers)).toEqual(['cookie']);
  await mock.control('DELETE', `/users/${ada}/sessions`);
  expect(authorization.userId).toBe(ada);
  expect(await session.reportUnauthorized(authorization)).toBe('signed_out');
  expect(session.state).toEqual({ kind: 'signedOut', reason: 'session_ended' });
});

test('a report is answered with a verdict, and the core says what may be sent once more', async () => {
  const { face } = load(jvm);
  const session = face.createSessionClient(mock.config);
  await session.signInWithEmail('ada@example.com', PASSWORD);
  const authorization = await session.authorize('/gateway/whoami');
  expect(await session.reportUnauthorized(authorization)).toBe('session_lives');
  await session.signInWithEmail('ada@example.com', PASSWORD);
  expect(await session.reportUnauthorized(authorization)).toBe('try_again');
  await session.signInAnonymously();
  expect(await session.reportUnauthorized(authorization)).toBe('other_user');

  expect(session.allowsRepetition('try_again', 'get')).toBe(true);
  expect(session.allowsRepetition('try_again', 'POST')).toBe(false);
  expect(session.allowsRepetition('try_again', 'POST', 'session_invalid')).toBe(true);
  expect(session.allowsRepetition('session_lives', 'GET', 'session_invalid')).toBe(false);
  expect(session.allowsRepetition('of_tomorrow' as 'try_again', 'GET')).toBe(false);
});

test('a failure says its cause, and whether the request may have arrived', async () => {
  const { face } = load(jvm);
  const session = face.createSessionClient(mock.config);
  await session.signInWithEmail('ada@example.com', PASSWORD);
  await mock.control('POST', '/faults', { path: '/gateway/echo', times: 9, fault: { kind: 'reset_after' } });
  const lost = await rejection(session.fetch('/gateway/echo', { method: 'POST', body: 'x' }));
  expect(lost).toMatchObject({ code: 'network', failureCause: 'reset', mayHaveArrived: true, isRetryable: false });
  const nobody = face.createSessionClient({ ...mock.config, endpoint: 'http://127.0.0.1:9/v1', attempts: 1 });
  const refused = await rejection(nobody.signInAnonymously());
  expect(refused).toMatchObject({ code: 'network', failureCause: 'refused', mayHaveArrived: false, isRetryable: true });
});

test('an answer is limited, for the client and for one call', async () => {
  const { face } = load(jvm);
  const session = face.createSessionClient({ ...mock.config, responseLimit: 99 });
  await session.signInWithEmail('ada@example.com', PASSWORD);
  expect(await rejection(session.fetch('/gateway/bytes/100'))).toMatchObject({
    code: 'response_too_large',
    failureCause: 'too_large',
    mayHaveArrived: true,
  });
  expect((await session.fetch('/gateway/bytes/100', { responseLimit: 100 })).status).toBe(200);
});

test('header lines of one name arrive apart', async () => {
  const { face } = load(jvm);
  const session = face.createSessionClient(mock.config);
  await session.signInWithEmail('ada@example.com', PASSWORD);
  const headers: [string, string][] = [
    ['X-Two', 'a'],
    ['X-Two', 'b'],
  ];
  await session.fetch('/gateway/echo', { method: 'POST', body: 'x', headers });
  const { entries } = (await mock.control('GET', '/journal')) as { entries: { path: string }[] };
  const arrived = JSON.stringify(entries.filter(({ path }) => path === '/gateway/echo'));
  expect(arrived).toContain('["x-two","a"],["x-two","b"]');
});

test('a gateway that does not answer with a success is an error where the app wants one', async () => {
  const { face } = load(jvm);
  const session = face.createSessionClient(mock.config);
  await session.signInWithEmail('ada@example.com', PASSWORD);
  const answer = await session.fetch('/gateway/status/503');
  expect(() => answer.requireSuccess()).toThrow(
    expect.objectContaining({ code: 'unexpected_status', status: 503, isRetryable: true }),
  );
});

test('the last 256 authorizations of a client can be reported, and an older one does no harm', async () => {
  const { native } = load(jvm);
  const { client } = native.createClient(toNativeConfig(mock.config));
  await native.signInWithEmail(client, 'ada@example.com', PASSWORD);
  const numbers: number[] = [];
  for (let count = 0; count <= 256; count += 1) {
    numbers.push((await native.authorize(client, '/gateway/whoami')).authorization);
  }
  await mock.control('DELETE', `/users/${ada}/sessions`);
  expect(await native.reportUnauthorized(client, numbers[0]!)).toBe('undecided');
  expect(native.change(client).kind).toBe('signed_in');
  expect(await native.reportUnauthorized(client, numbers[1]!)).toBe('signed_out');
  expect(native.change(client)).toMatchObject({ kind: 'signed_out', reason: 'session_ended' });
});

test('a user is asked to be there, and a store is used, on threads that may wait', async () => {
  const { face } = load(jvm);
  const presence = { policy: 'always', title: 'Unlock', cancel: 'Cancel' } as const;
  const session = face.createSessionClient({ ...mock.config, presence });
  await session.signInWithEmail('ada@example.com', PASSWORD);
  const asked = jvm.asked();
  jvm.setPresent(false);
  expect(await rejection(session.fetch('/gateway/whoami'))).toMatchObject({ code: 'presence_required' });
  jvm.setPresent(true);
  expect((await session.fetch('/gateway/whoami')).status).toBe(200);
  expect(jvm.asked()).toBe(asked + 2);

  const { promise = [], event = [], store = [], presence: dialog = [] } = jvm.threads();
  // A call that is cancelled before it could begin is settled where it is cancelled, which takes no time.
  for (const threads of [event, store, dialog, promise.filter((name) => name !== 'mqt_v_native')]) {
    expect(threads).not.toHaveLength(0);
    for (const forbidden of ['main', 'mqt_v_js', 'mqt_v_native']) expect(threads).not.toContain(forbidden);
  }
});
