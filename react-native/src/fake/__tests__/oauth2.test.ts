/** Signing in with a provider in the browser with one call, by whatever route the callback comes, over the real core and the mock Appwrite. */

import { AppState, Linking, type AppStateStatus } from 'react-native';

import { fakeSession } from '../index';
import { createSessionClient, SessionError, type SessionClient, type SessionConfig } from '../../index';

const { browser } = fakeSession.screens;

/** What React Native tells of links and of the foreground. */
const hear = {
  url: new Set<(event: { url: string }) => void>(),
  state: new Set<(state: AppStateStatus) => void>(),
};

function listening<T>(listeners: Set<T>) {
  return (_: string, listener: T) => {
    listeners.add(listener);
    return { remove: () => listeners.delete(listener) } as never;
  };
}

const openUrl = jest.spyOn(Linking, 'openURL');

beforeAll(() => {
  jest.spyOn(Linking, 'addEventListener').mockImplementation(listening(hear.url));
  jest.spyOn(AppState, 'addEventListener').mockImplementation(listening(hear.state));
});

const link = (url: string) => {
  for (const listener of [...hear.url]) listener({ url });
};
const become = (state: AppStateStatus) => {
  for (const listener of [...hear.state]) listener(state);
};

const failures: SessionError[] = [];
let session: SessionClient;
let open: SessionClient[];

function build(more: Partial<SessionConfig> = {}): SessionClient {
  const client = createSessionClient({
    endpoint: 'https://appwrite.example.com/v1',
    project: 'shop',
    gateways: ['https://api.example.com'],
    onCallbackFailed: (error) => failures.push(error),
    ...more,
  });
  open.push(client);
  return client;
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  fakeSession.reset();
  openUrl.mockReset();
  failures.length = 0;
  open = [];
  session = build();
});

afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(open.map((client) => client.close()));
});

const EXCHANGE = 'POST /v1/account/sessions/token';
const exchanges = () => fakeSession.requests.filter(({ method, path }) => `${method} ${path}` === EXCHANGE).length;
const signedIn = { kind: 'signedIn', user: { email: 'useroauth@localhost.test' } };

/** Lets everything happen that needs no time. */
const settled = async () => {
  for (let times = 0; times < 20; times++) await new Promise(setImmediate);
};
const until = async (is: () => boolean) => {
  for (let times = 0; !is(); times++) {
    if (times > 500) throw new Error(`it never happens: ${String(is)}`);
    await new Promise(setImmediate);
  }
};
/** The URL that the app has opened, once it has. */
const opened = async () => {
  await until(() => openUrl.mock.calls.length > 0);
  return openUrl.mock.calls.at(-1)?.[0] ?? '';
};

describe('with the screen for the browser', () => {
  test('one call signs in', async () => {
    const outcome = await session.signInWithOAuth2('github', { scopes: ['repo'] });
    expect(outcome).toMatchObject({ kind: 'signedIn', state: signedIn });
    expect([browser.shown, exchanges(), openUrl.mock.calls.length]).toEqual([1, 1, 0]);
  });

  test('a user who closes it, or declines, is an outcome, and the flow is forgotten', async () => {
    const show = jest.spyOn(fakeSession.module, 'showScreen');
    browser.cancels();
    expect(await session.signInWithOAuth2('github')).toEqual({ kind: 'cancelled' });
    const { url } = JSON.parse(show.mock.calls[0]?.[1] ?? '') as { url: string };
    show.mockRestore();
    // The page is still there, in another browser perhaps. Its callback is refused.
    link(await fakeSession.browser.open(url));
    await settled();
    expect([session.state.kind, exchanges(), failures]).toEqual(['signedOut', 0, []]);

    browser.declines();
    expect(await session.signInWithOAuth2('github')).toEqual({ kind: 'cancelled' });
    expect(exchanges()).toBe(0);
  });

  test('a callback that also comes as a link is completed once', async () => {
    browser.stays();
    const signIn = session.signInWithOAuth2('github');
    await until(() => browser.isOpen);
    const show = jest.spyOn(fakeSession.browser, 'open').mockImplementation(async (url, options) => {
      show.mockRestore();
      const callback = await fakeSession.browser.open(url, options);
      link(callback);
      link(callback);
      return callback;
    });
    browser.answers();
    expect(await signIn).toMatchObject({ state: signedIn });
    await settled();
    expect([exchanges(), failures]).toEqual([1, []]);
  });

  test('a screen that was closed after the callback has come as a link is a sign-in', async () => {
    const show = jest.spyOn(fakeSession.module, 'showScreen').mockImplementation(async (_, input) => {
      link(await fakeSession.browser.open((JSON.parse(input) as { url: string }).url));
      return null;
    });
    const outcome = await session.signInWithOAuth2('github');
    show.mockRestore();
    expect(outcome).toMatchObject({ kind: 'signedIn', state: signedIn });
    expect(exchanges()).toBe(1);
  });

  test('what Appwrite refuses is the error of the call', async () => {
    fakeSession.fault(EXCHANGE, { status: 503 }, { times: 9 });
    await expect(session.signInWithOAuth2('github')).rejects.toMatchObject({ code: 'appwrite_unavailable' });
    expect(failures).toEqual([]);
  });

  test('a failure of the screen is the error of the call', async () => {
    browser.fails('not_set_up');
    await expect(session.signInWithOAuth2('github')).rejects.toMatchObject({
      code: 'screen_failed',
      detail: 'not_set_up',
    });
    await expect(session.signInWithOAuth2('git hub')).rejects.toMatchObject({ code: 'config' });
    await expect(session.signInWithOAuth2(7 as never)).rejects.toMatchObject({ code: 'config' });
    expect([browser.shown, openUrl.mock.calls.length]).toEqual([1, 0]);
  });
});

describe.each(['not_linked', 'not_supported'] as const)('without it (%s)', (fault) => {
  beforeEach(() => {
    browser.fails(fault);
  });

  test('the system’s browser is opened, and the link that opens the app completes the sign-in', async () => {
    const signIn = session.signInWithOAuth2('github');
    link(await fakeSession.browser.open(await opened()));
    expect(await signIn).toMatchObject({ kind: 'signedIn', state: signedIn });
    expect(exchanges()).toBe(1);
  });

  test('a user who comes back without a callback is an outcome, and may still finish in the browser', async () => {
    const signIn = session.signInWithOAuth2('github');
    const url = await opened();
    await settled();
    become('background');
    become('active');
    await jest.advanceTimersByTimeAsync(999);
    const isOver = jest.fn();
    void signIn.then(isOver);
    await settled();
    expect(isOver).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(await signIn).toEqual({ kind: 'cancelled' });
    link(await fakeSession.browser.open(url));
    await until(() => session.state.kind === 'signedIn');
    expect(exchanges()).toBe(1);
  });

  test('a link that comes just after the return counts', async () => {
    const signIn = session.signInWithOAuth2('github');
    const url = await opened();
    await settled();
    become('background');
    become('active');
    await jest.advanceTimersByTimeAsync(500);
    const held = fakeSession.fault(EXCHANGE, 'hold');
    link(await fakeSession.browser.open(url));
    await settled();
    await jest.advanceTimersByTimeAsync(5_000);
    held.release();
    expect(await signIn).toMatchObject({ state: signedIn });
  });

  test('a double tap opens the browser once', async () => {
    const first = session.signInWithOAuth2('github');
    const url = await opened();
    await settled();
    await jest.advanceTimersByTimeAsync(999);
    const second = session.signInWithOAuth2('github');
    await settled();
    expect(openUrl).toHaveBeenCalledTimes(1);
    link(await fakeSession.browser.open(url));
    expect(await Promise.all([first, second])).toMatchObject([{ state: signedIn }, { state: signedIn }]);
  });

  test('the next call takes its place', async () => {
    const first = session.signInWithOAuth2('github');
    const url = await opened();
    await settled();
    await jest.advanceTimersByTimeAsync(1_000);
    const second = session.signInWithOAuth2('github');
    expect(await first).toEqual({ kind: 'cancelled' });
    await until(() => openUrl.mock.calls.length === 2);
    // The callback of the first is none any more.
    link(await fakeSession.browser.open(url));
    await settled();
    expect(exchanges()).toBe(0);
    link(await fakeSession.browser.open(await opened()));
    expect(await second).toMatchObject({ state: signedIn });
  });

  test('without any browser the screen has failed, with nothing of the URL in the error', async () => {
    openUrl.mockRejectedValue(new Error('no activity for https://appwrite.example.com/?flow=secret'));
    const failed: unknown = await session.signInWithOAuth2('github').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'screen_failed', detail: 'not_supported' });
    expect(String(failed)).not.toContain('secret');
    // The next one can be shown.
    browser.answers();
    expect(await session.signInWithOAuth2('github')).toMatchObject({ state: signedIn });
  });
});

test('a client that is closed leaves no call waiting, and no turn taken', async () => {
  browser.fails('not_linked');
  const signIn = session.signInWithOAuth2('github');
  await opened();
  await settled();
  const ended = expect(signIn).rejects.toMatchObject({ name: 'SessionError', code: 'closed' });
  await session.close();
  await ended;
  browser.answers();
  expect(await build().signInWithOAuth2('gitlab')).toMatchObject({ state: signedIn });
});

describe('links', () => {
  test.each([
    'shop://orders/7',
    'https://shop.example.com/x?secret=a&userId=b',
    'appwrite-callback-shop://oauth2?secret=made-up&userId=u&flow=f',
    'no URL',
    '',
  ])('that are not ours are left alone: %s', async (url) => {
    await session.restored();
    const before = session.state;
    link(url);
    await settled();
    expect(session.state).toBe(before);
    expect([fakeSession.requests, failures]).toEqual([[], []]);
  });

  test('are not for a client that says so, nor for one that never writes', async () => {
    await session.close();
    session = build({ followLinks: false });
    build({ readOnly: true, accountSlot: 'extension' });
    const start = await session.beginOAuth2('github');
    const callback = await fakeSession.browser.open(start.url);
    link(callback);
    await settled();
    expect([session.state.kind, failures]).toEqual(['signedOut', []]);
    expect(await session.completeOAuth2(callback)).toMatchObject({ state: signedIn });
  });

  test('may be handed to the client as well, as an app did before', async () => {
    const start = await session.beginOAuth2('github');
    const callback = await fakeSession.browser.open(start.url);
    link(callback);
    expect(await session.completeOAuth2(callback)).toMatchObject({ state: signedIn });
    await expect(session.completeOAuth2(callback)).rejects.toMatchObject({
      code: 'callback_rejected',
      detail: 'replayed',
    });
    expect(exchanges()).toBe(1);
  });

  test('go to the client whose sign-in they complete, also if that is built later', async () => {
    browser.fails('not_linked');
    const second = build({ accountSlot: 'second' });
    const signIn = second.signInWithOAuth2('github');
    const url = await opened();
    await settled();
    // The app starts anew, and builds the second client only after the link has come.
    fakeSession.restart();
    await expect(signIn).rejects.toMatchObject({ code: 'closed' });
    await second.close();
    link(await fakeSession.browser.open(url));
    await settled();
    expect([session.state.kind, exchanges()]).toEqual(['signedOut', 0]);
    const later = build({ accountSlot: 'second' });
    await until(() => later.state.kind === 'signedIn');
    expect([session.state.kind, exchanges(), failures]).toEqual(['signedOut', 1, []]);
  });
});

describe('after the end of the process', () => {
  test('the client completes the sign-in by itself', async () => {
    browser.endsApp();
    await expect(session.signInWithOAuth2('github')).rejects.toMatchObject({ code: 'closed' });
    await until(() => session.state.kind === 'signedIn');
    expect(session.state).toMatchObject(signedIn);
    expect([exchanges(), failures]).toEqual([1, []]);
  });

  test('a callback waits for the network', async () => {
    browser.endsApp();
    fakeSession.offline();
    await session.signInWithOAuth2('github').catch(() => undefined);
    await settled();
    expect(session.state.kind).toBe('signedOut');
    fakeSession.online();
    become('active');
    await until(() => session.state.kind === 'signedIn');
    expect(failures).toEqual([]);
  });

  test('a callback is tried again after some seconds, and not for ever', async () => {
    browser.endsApp();
    fakeSession.offline();
    await session.signInWithOAuth2('github').catch(() => undefined);
    await settled();
    const take = jest.spyOn(fakeSession.module, 'call');
    for (const delay of [2_000, 10_000, 30_000]) {
      await jest.advanceTimersByTimeAsync(delay);
      await settled();
    }
    expect(take.mock.calls.filter(([, operation]) => operation === 'completeOAuth2')).toHaveLength(3);
    await jest.advanceTimersByTimeAsync(3_600_000);
    await settled();
    expect(take.mock.calls.filter(([, operation]) => operation === 'completeOAuth2')).toHaveLength(3);
    take.mockRestore();
    expect([session.state.kind, failures]).toEqual(['signedOut', []]);
  });

  test('what cannot be completed is told to the app, which nothing else tells', async () => {
    browser.endsApp();
    fakeSession.fault(EXCHANGE, { status: 401 });
    await session.signInWithOAuth2('github').catch(() => undefined);
    await until(() => failures.length > 0);
    expect(failures).toMatchObject([{ name: 'SessionError' }]);
    expect(session.state.kind).toBe('signedOut');
  });

  test('a user who has signed in otherwise meanwhile stays signed in', async () => {
    const ada = fakeSession.user({ email: 'ada@example.com', password: 'correct horse' });
    browser.fails('not_linked');
    const signIn = session.signInWithOAuth2('github');
    const url = await opened();
    await settled();
    fakeSession.restart();
    await expect(signIn).rejects.toMatchObject({ code: 'closed' });
    fakeSession.advance(1_000);
    await session.signInWithEmail('ada@example.com', 'correct horse');
    link(await fakeSession.browser.open(url));
    await settled();
    expect(session.state).toMatchObject({ kind: 'signedIn', user: { id: ada.id } });
    expect(failures).toEqual([]);
  });
});
