/** The client over a native side that does what each test tells it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { AppState } from 'react-native';

import { verdicts } from '../authorization';
import { createSessionClient } from '../client';
import { SessionError } from '../errors';
import type { Change } from '../state';
import { native, rejection } from './support/native';
import { namesInCore, table } from './support/repository';

jest.mock('../NativeAppwriteSession', () => ({
  __esModule: true,
  default: jest.requireActual<typeof import('./support/native')>('./support/native').native.module,
}));

const config = { endpoint: 'https://x.example/v1', project: 'demo', gateways: ['https://api.example'] };
const ada = { kind: 'signed_in', userId: 'u1', userName: 'Ada', userEmail: 'ada@example.com' };
const build = () => createSessionClient({ ...config, followAppState: false });

beforeEach(() => {
  native.reset();
});

describe('building', () => {
  test('a wrong configuration is thrown at once, with the words of the core', () => {
    native.refuse({ code: 'config', message: 'the endpoint ends in /v1', retryable: false, mayHaveArrived: false });
    expect(build).toThrow(SessionError);
    expect(build).toThrow(expect.objectContaining({ code: 'config', message: 'the endpoint ends in /v1' }) as Error);
    expect(native.ears).toBe(0);
  });

  test('the state is there at once', () => {
    native.set(ada);
    expect(build().state).toMatchObject({ kind: 'signedIn', user: { name: 'Ada' } });
  });
});

describe('the state', () => {
  test('misses nothing that changed before there was anybody to hear it', () => {
    jest.spyOn(native, 'onChange').mockImplementationOnce(() => {
      native.set(ada);
      return { remove: jest.fn() };
    });
    expect(build().state.kind).toBe('signedIn');
  });

  test('is the same object until it changes', () => {
    const session = build();
    const before = session.state;
    native.publish({ kind: 'restoring', persistence: 'memory_only' });
    expect(session.persistence).toBe('memory_only');
    expect(session.state).toBe(before);
    native.publish(ada);
    expect(session.state).not.toBe(before);
  });

  test('is never behind a result', async () => {
    const session = build();
    const signedIn = session.signInWithEmail('ada@example.com', 'password');
    native.set(ada);
    native.call('signInWithEmail').resolve();
    expect(await signedIn).toMatchObject({ kind: 'signedIn', user: { id: 'u1' } });
    expect(session.state.kind).toBe('signedIn');
  });

  test('is never behind a failure', async () => {
    const session = build();
    const account = session.account();
    native.set({ kind: 'signed_out', reason: 'session_ended' });
    native.call('account').reject(rejection({ code: 'signed_out', reason: 'session_ended' }));
    await expect(account).rejects.toMatchObject({ code: 'signed_out', reason: 'session_ended' });
    expect(session.state).toEqual({ kind: 'signedOut', reason: 'session_ended' });
  });

  test('does not go back when an event comes late', async () => {
    const session = build();
    const late = native.set({ kind: 'signed_out', reason: 'no_session' });
    native.set(ada);
    const restored = session.restored();
    native.call('restored').resolve();
    await restored;
    native.emit(late);
    expect(session.state.kind).toBe('signedIn');
  });

  test('is that of its own client only', () => {
    const session = build();
    native.emit({ ...native.set(ada), client: 2 });
    expect(session.state.kind).toBe('restoring');
  });
});

describe('subscribe', () => {
  test('tells every change until it is ended', () => {
    const session = build();
    const seen: string[] = [];
    const end = session.subscribe(() => seen.push(session.state.kind));
    native.publish({ kind: 'signed_out', reason: 'no_session' });
    native.publish(ada);
    end();
    native.publish({ kind: 'signed_out', reason: 'signed_out' });
    expect(seen).toEqual(['signedOut', 'signedIn']);
  });

  test('tells a listener that was given twice twice, and ends each by itself', () => {
    const session = build();
    const listener = jest.fn();
    const end = session.subscribe(listener);
    session.subscribe(listener);
    native.publish(ada);
    expect(listener).toHaveBeenCalledTimes(2);
    end();
    end();
    native.publish({ kind: 'signed_out', reason: 'signed_out' });
    expect(listener).toHaveBeenCalledTimes(3);
  });

  test('tells nothing to a listener that another one has just ended', () => {
    const session = build();
    const listener = jest.fn();
    session.subscribe(() => {
      end();
    });
    const end = session.subscribe(listener);
    native.publish(ada);
    expect(listener).not.toHaveBeenCalled();
  });

  test('tells the others when a listener throws, whose error is not lost', () => {
    jest.useFakeTimers();
    const session = build();
    session.subscribe(() => {
      throw new Error('of the app');
    });
    const listener = jest.fn();
    session.subscribe(listener);
    native.publish(ada);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(jest.runAllTimers).toThrow('of the app');
    jest.useRealTimers();
  });
});

describe('changes', () => {
  test('come with the current one first, and none is skipped although the state runs ahead', async () => {
    const session = build();
    const seen: Change[] = [];
    session.changes((change) => seen.push(change));
    expect(seen).toMatchObject([{ number: 0, state: { kind: 'restoring' }, persistence: 'durable' }]);

    const events = [native.set({ kind: 'signed_out', reason: 'no_session' }), native.set(ada)];
    const restored = session.restored();
    native.call('restored').resolve();
    await restored;
    expect(session.state.kind).toBe('signedIn');
    for (const event of events) native.emit(event);
    expect(seen.map(({ number, state }) => [number, state.kind])).toEqual([
      [0, 'restoring'],
      [1, 'signedOut'],
      [2, 'signedIn'],
    ]);
  });

  test('do not tell again what a late listener was told as the current one', () => {
    const session = build();
    const event = native.set(ada);
    native.emit(event);
    const seen: number[] = [];
    const end = session.changes((change) => seen.push(change.number));
    native.emit(event);
    native.publish({ kind: 'signed_out', reason: 'signed_out' });
    end();
    native.publish(ada);
    expect(seen).toEqual([1, 2]);
  });
});

describe('calls', () => {
  const calls: [string, (session: ReturnType<typeof build>) => Promise<unknown>, unknown[]][] = [
    ['signUpWithEmail', (s) => s.signUpWithEmail('a@b.c', 'password', 'Ada'), ['a@b.c', 'password', 'Ada']],
    ['signUpWithEmail', (s) => s.signUpWithEmail('a@b.c', 'password'), ['a@b.c', 'password', null]],
    ['signInWithEmail', (s) => s.signInWithEmail('a@b.c', 'password'), ['a@b.c', 'password']],
    ['signInAnonymously', (s) => s.signInAnonymously(), []],
    ['signInWithToken', (s) => s.signInWithToken('u1', 'secret'), ['u1', 'secret']],
    ['createMfaChallenge', (s) => s.createMfaChallenge('recovery_code'), ['recovery_code']],
    ['completeMfaChallenge', (s) => s.completeMfaChallenge({ id: 'c1' }, '123456'), ['c1', '123456']],
    ['importSession', (s) => s.importSession('a_session_demo=x'), ['a_session_demo=x']],
    ['signOut', (s) => s.signOut(), []],
    ['signOutEverywhere', (s) => s.signOutEverywhere(), []],
    ['account', (s) => s.account(), []],
    ['sessions', (s) => s.sessions(), []],
    ['currentSession', (s) => s.currentSession(), []],
    ['extendSession', (s) => s.extendSession(), []],
    ['revokeSession', (s) => s.revokeSession('s1'), ['s1']],
    ['restored', (s) => s.restored(), []],
    ['resume', (s) => s.resume(), []],
    ['authorize', (s) => s.authorize('/live'), ['/live']],
    ['authorize', (s) => s.authorize(new URL('https://api.example/live')), ['https://api.example/live']],
  ];

  test.each(calls)('%s passes on what it was given, and rejects with a SessionError', async (method, call, args) => {
    const promise = call(build());
    expect(native.call(method).args).toEqual([1, ...args]);
    native.call(method).reject(rejection({ code: 'timeout', retryable: true }));
    await expect(promise).rejects.toBeInstanceOf(SessionError);
    await expect(promise).rejects.toMatchObject({ code: 'timeout', isRetryable: true });
  });

  test('none needs `this`', async () => {
    const { signOut, pause } = build();
    const signedOut = signOut();
    native.call('signOut').resolve();
    await signedOut;
    pause();
    expect(native.call('pause').args).toEqual([1]);
  });

  test('a text that is none is refused before the native side sees it', async () => {
    const session = build();
    const email = undefined as unknown as string;
    await expect(session.signInWithEmail(email, 'password')).rejects.toMatchObject({
      code: 'config',
      message: 'email must be a string, but got undefined',
    });
    expect(native.calls.map((call) => call.method)).toEqual(['createClient']);
  });

  test('an account is the user, and the preferences as they are', async () => {
    const account = build().account();
    native.call('account').resolve({
      userId: 'u1',
      userName: 'Ada',
      emailVerified: true,
      phoneVerified: false,
      mfaEnabled: true,
      labels: ['staff'],
      preferencesJson: '{"theme":"dark"}',
    });
    expect(await account).toEqual({
      user: { id: 'u1', name: 'Ada', email: null },
      phone: null,
      emailVerified: true,
      phoneVerified: false,
      mfaEnabled: true,
      labels: ['staff'],
      preferences: { theme: 'dark' },
      registeredAtMs: null,
    });
  });

  test('a session has its times or null', async () => {
    const session = { id: 's1', userId: 'u1', provider: 'email', current: true, factors: ['password'], ip: '', os: '' };
    const sessions = build().sessions();
    native.call('sessions').resolve([{ ...session, clientName: 'App', device: '', country: '', createdAtMs: 5 }]);
    expect(await sessions).toEqual([
      { ...session, client: 'App', device: '', country: '', createdAtMs: 5, expiresAtMs: null },
    ]);
  });

  test('an import says whether what was passed may be erased', async () => {
    for (const [outcome, mayErase] of Object.entries({
      imported: true,
      already_held: true,
      declined: false,
      nothing_found: false,
    })) {
      const imported = build().importSession('a_session_demo=…');
      native.call('importSession').resolve(outcome);
      expect(await imported).toEqual({ outcome, mayErase });
    }
  });
});

describe('an authorization', () => {
  const headers = [{ name: 'X-Appwrite-Session', value: 'the credential' }];
  const authorized = async (session = build()) => {
    const authorization = session.authorize('/live');
    native.call('authorize').resolve({ authorization: 7, userId: 'u1', headers });
    return authorization;
  };

  test('has the headers, and does not show them', async () => {
    const authorization = await authorized();
    expect(authorization.headers).toEqual({ 'X-Appwrite-Session': 'the credential' });
    expect(authorization.userId).toBe('u1');
    expect(JSON.stringify(authorization) + inspect(authorization)).not.toContain('credential');
  });

  test('is reported by its number; the result is the verdict, and the state is updated', async () => {
    const session = build();
    const reported = session.reportUnauthorized(await authorized(session));
    expect(native.call('reportUnauthorized').args).toEqual([1, 7]);
    native.set({ kind: 'signed_out', reason: 'session_ended' });
    native.call('reportUnauthorized').resolve('signed_out');
    expect(await reported).toBe('signed_out');
    expect(session.state).toEqual({ kind: 'signedOut', reason: 'session_ended' });
  });

  test('has the verdicts of the core, each of which is explained', () => {
    expect([...verdicts]).toEqual(namesInCore('core/src/gateway/authorization.rs', 'Verdict'));
    const docs = readFileSync(join(__dirname, '../authorization.ts'), 'utf8').replace(/^ \* /gm, '');
    expect(table(docs, 'What a gateway')).toEqual([...verdicts]);
    const page = readFileSync(join(__dirname, '../../README.md'), 'utf8');
    expect(table(page, '## Calling gateways')).toEqual([...verdicts]);
  });

  test('whose verdict this version does not know is undecided', async () => {
    const session = build();
    const reported = session.reportUnauthorized(await authorized(session));
    native.call('reportUnauthorized').resolve('of_tomorrow');
    expect(await reported).toBe('undecided');
  });

  test('is repeated by the rule of the core, which is asked with the method in capitals', () => {
    const session = build();
    native.repetition = true;
    expect(session.allowsRepetition('try_again', 'post', 'session_invalid')).toBe(true);
    expect(native.call('allowsRepetition').args).toEqual(['try_again', 'POST', 'session_invalid']);
    native.repetition = false;
    expect(session.allowsRepetition('undecided', 'GET')).toBe(false);
    expect(native.call('allowsRepetition').args).toEqual(['undecided', 'GET', null]);
  });

  test('of nobody, or of another client, is refused', async () => {
    const session = build();
    await expect(session.reportUnauthorized({ headers: {}, userId: 'u1' })).rejects.toMatchObject({ code: 'config' });
    const authorization = await authorized(session);
    native.number(2);
    await expect(build().reportUnauthorized(authorization)).rejects.toMatchObject({ code: 'config' });
    expect(native.calls.map((call) => call.method)).not.toContain('reportUnauthorized');
  });
});

describe('close', () => {
  test('ends all listening, and does nothing the second time', async () => {
    const session = build();
    const listener = jest.fn();
    session.subscribe(listener);
    const closed = [session.close(), session.close()];
    native.call('close').resolve();
    await Promise.all([...closed]);
    await session.close();
    expect(native.calls.filter((call) => call.method === 'close')).toHaveLength(1);
    expect(native.ears).toBe(0);
    native.publish(ada);
    expect(listener).not.toHaveBeenCalled();
  });

  test('leaves the last state to be read', async () => {
    native.set(ada);
    const session = build();
    const closed = session.close();
    native.call('close').resolve();
    await closed;
    expect(session.state.kind).toBe('signedIn');
  });
});

describe('the state of the app', () => {
  let listener: ((state: string) => void) | undefined;
  const remove = jest.fn();

  beforeEach(() => {
    remove.mockClear();
    jest.spyOn(AppState, 'addEventListener').mockImplementation((_, given) => {
      listener = given as typeof listener;
      return { remove };
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
    AppState.currentState = 'active';
  });

  const names = () => native.calls.map((call) => call.method).slice(1);

  test('is followed: to the foreground and back', () => {
    createSessionClient(config);
    for (const state of ['inactive', 'background', 'active', 'inactive']) listener?.(state);
    expect(names()).toEqual(['pause', 'resume']);
  });

  test('is known from the start', () => {
    AppState.currentState = 'background';
    createSessionClient(config);
    expect(names()).toEqual(['pause']);
  });

  test('troubles nobody when the resume fails', async () => {
    createSessionClient(config);
    listener?.('active');
    native.call('resume').reject(rejection({ code: 'closed' }));
    await new Promise(setImmediate);
  });

  test('is not followed once the client is closed, nor if the app says so', async () => {
    const session = createSessionClient(config);
    const closed = session.close();
    native.call('close').resolve();
    await closed;
    expect(remove).toHaveBeenCalledTimes(1);
    listener = undefined;
    build();
    expect(listener).toBeUndefined();
  });
});
