/** The routes by which a URL can open the app, each with a JavaScript of its own that has just started. */

import type { SessionClient } from '../../session-client';
import type { FakeSession } from '..';

// Each start evaluates React Native anew, which takes long on a busy machine.
jest.setTimeout(60_000);

/** A start of JavaScript, above a native side that lives on. */
interface Start {
  fakeSession: FakeSession;
  session: SessionClient;
  /** A link opens the running app. */
  link: (url: string) => void;
}

/** Starts JavaScript anew, as a reload does. `initial` is the URL that the app was started with, as React Native says it. */
function start(initial: () => Promise<string | null>): Start {
  jest.resetModules();
  const { Linking } = jest.requireActual<typeof import('react-native')>('react-native');
  const listeners: ((event: { url: string }) => void)[] = [];
  jest.spyOn(Linking, 'addEventListener').mockImplementation((_, listener) => {
    listeners.push(listener);
    return { remove: () => undefined } as never;
  });
  jest.spyOn(Linking, 'getInitialURL').mockImplementation(initial);
  jest.spyOn(Linking, 'openURL').mockResolvedValue(undefined);
  const { fakeSession } = jest.requireActual<typeof import('..')>('..');
  const { createSessionClient } = jest.requireActual<typeof import('../../index')>('../../index');
  const session = createSessionClient({
    endpoint: 'https://appwrite.example.com/v1',
    project: 'shop',
    gateways: ['https://api.example.com'],
  });
  const link = (url: string) => {
    for (const listener of listeners) listener({ url });
  };
  return { fakeSession, session, link };
}

const nothing = () => Promise.resolve(null);
const exchanges = ({ fakeSession }: Start) =>
  fakeSession.requests.filter(({ path }) => path === '/v1/account/sessions/token').length;
const settled = async () => {
  for (let times = 0; times < 20; times++) await new Promise(setImmediate);
};

/** A sign-in in the browser that the user has gone through with: the URL that opens the app. */
async function begun({ fakeSession, session }: Start): Promise<string> {
  fakeSession.reset();
  const { url } = await session.beginOAuth2('github');
  return fakeSession.browser.open(url);
}

test('a link that has started the app is completed, although it comes by every route', async () => {
  const url = await begun(start(nothing));
  const after = start(() => Promise.resolve(url));
  const calls = jest.spyOn(after.fakeSession.module, 'call');
  jest.spyOn(after.fakeSession.module, 'takeCallback').mockResolvedValueOnce(url);
  after.fakeSession.restart();
  after.link(url);
  await settled();
  after.link(url);
  await settled();
  expect(calls.mock.calls.filter(([, operation]) => operation === 'completeOAuth2')).toHaveLength(1);
  expect(after.session.state).toMatchObject({ kind: 'signedIn', user: { email: 'useroauth@localhost.test' } });
  expect(exchanges(after)).toBe(1);
});

test('a reload while the browser is open loses nothing', async () => {
  const before = start(nothing);
  before.fakeSession.reset();
  before.fakeSession.screens.browser.fails('not_linked');
  const { Linking } = jest.requireActual<typeof import('react-native')>('react-native');
  const opened = new Promise<string>((resolve) => {
    jest.spyOn(Linking, 'openURL').mockImplementation((url) => {
      resolve(url);
      return Promise.resolve();
    });
  });
  void before.session.signInWithOAuth2('github');
  const url = await before.fakeSession.browser.open(await opened);
  const after = start(nothing);
  after.link(url);
  await settled();
  expect(after.session.state.kind).toBe('signedIn');
  expect(exchanges(after)).toBe(1);
});

test('the link that has started the app is none of a later sign-in', async () => {
  const url = await begun(start(nothing));
  const first = start(() => Promise.resolve(url));
  await settled();
  await first.session.signOut();
  // React Native says it again after a reload.
  const after = start(() => Promise.resolve(url));
  await settled();
  expect(after.session.state).toEqual({ kind: 'signedOut', reason: 'signed_out' });
  expect(exchanges(after)).toBe(1);
});

test.each<[string, () => Promise<string | null>]>([
  ['fails', () => Promise.reject(new Error('no activity'))],
  ['is a mock that gives nothing', () => undefined as never],
  [
    'throws',
    () => {
      throw new Error('no module');
    },
  ],
])('a Linking that %s prevents nothing', async (_, initial) => {
  const { session, fakeSession } = start(initial);
  fakeSession.reset();
  expect(await session.signInWithOAuth2('github')).toMatchObject({ kind: 'signedIn' });
});
