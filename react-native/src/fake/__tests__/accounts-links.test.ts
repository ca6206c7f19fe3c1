/** Links that open an app with several accounts. */

import type { FakeSession } from '..';

// Each start evaluates React Native anew, which takes long on a busy machine.
jest.setTimeout(60_000);

/** Starts JavaScript anew above a native side that lives on. `initial` is the URL that the app was started with. */
function start(initial: string | null = null) {
  jest.resetModules();
  const { Linking } = jest.requireActual<typeof import('react-native')>('react-native');
  const listeners: ((event: { url: string }) => void)[] = [];
  jest.spyOn(Linking, 'addEventListener').mockImplementation((_, listener) => {
    listeners.push(listener);
    return { remove: () => undefined } as never;
  });
  jest.spyOn(Linking, 'getInitialURL').mockResolvedValue(initial);
  jest.spyOn(Linking, 'openURL').mockResolvedValue(undefined);
  const { fakeSession } = jest.requireActual<typeof import('..')>('..');
  const { createAccounts } = jest.requireActual<typeof import('../../index')>('../../index');
  const build = () =>
    createAccounts({
      endpoint: 'https://appwrite.example.com/v1',
      project: 'shop',
      gateways: ['https://api.example.com'],
    });
  const link = (url: string) => {
    for (const listener of listeners) listener({ url });
  };
  return { fakeSession, build, link };
}

const exchanges = (fake: FakeSession) =>
  fake.requests.filter(({ path }) => path === '/v1/account/sessions/token').length;
const settled = async () => {
  for (let times = 0; times < 20; times++) await new Promise(setImmediate);
};

test('a link that has started the app completes the sign-in of an account that nobody has opened yet', async () => {
  const before = start();
  before.fakeSession.reset();
  const added = await before.build().add();
  const { url } = await added.beginOAuth2('github');
  const callback = await before.fakeSession.browser.open(url);

  const after = start(callback);
  after.fakeSession.restart();
  const accounts = after.build();
  after.link(callback);
  await settled();
  expect(await accounts.list()).toMatchObject([{ id: added.accountSlot, user: { email: 'useroauth@localhost.test' } }]);
  expect(exchanges(after.fakeSession)).toBe(1);
});

test('a link answers the call of the account that waits for it, and no other account', async () => {
  const { fakeSession, build, link } = start();
  fakeSession.reset();
  fakeSession.screens.browser.fails('not_linked');
  const { Linking } = jest.requireActual<typeof import('react-native')>('react-native');
  const opened = new Promise<string>((resolve) => {
    jest.spyOn(Linking, 'openURL').mockImplementation((url) => {
      resolve(url);
      return Promise.resolve();
    });
  });
  const accounts = build();
  const [first, second] = [await accounts.add(), await accounts.add()];
  const signingIn = second.signInWithOAuth2('github');
  link(await fakeSession.browser.open(await opened));
  expect(await signingIn).toMatchObject({ kind: 'signedIn' });
  expect(first.state.kind).toBe('signedOut');
  expect(exchanges(fakeSession)).toBe(1);
});
