/** The accounts: what they ask the native side, and what they give. */

import { createAccounts } from '../accounts';
import { SessionError } from '../errors';
import { native, rejection } from './support/native';

jest.mock('../NativeAppwriteSession', () => ({
  __esModule: true,
  default: jest.requireActual<typeof import('./support/native')>('./support/native').native.module,
}));

const config = {
  endpoint: 'https://x.example/v1',
  project: 'demo',
  gateways: ['https://api.example'],
  followAppState: false,
};

/** Lets what was settled reach who waits for it. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Answers the operation that was called last, and opens the account that it names. */
async function answer(result: unknown, client?: number): Promise<void> {
  native.call('callAccounts').resolve(JSON.stringify(result));
  await settled();
  if (client === undefined) return;
  native.call('openAccount').resolve(client);
  await settled();
}

beforeEach(() => {
  native.reset();
  native.number(7);
});

test('an operation is called by its name, and its result has the types of this package', async () => {
  const accounts = createAccounts(config);
  const list = accounts.list();
  expect(native.call('callAccounts').args).toEqual([7, 'list', '[]']);
  await answer([{ id: 'a', user: { id: 'u', name: 'Ada' }, isCurrent: true }]);
  await expect(list).resolves.toEqual([{ id: 'a', user: { id: 'u', name: 'Ada', email: null }, isCurrent: true }]);
  const signingOut = accounts.signOut('a');
  expect(native.call('callAccounts').args).toEqual([7, 'signOut', '["a"]']);
  await answer(null);
  await expect(signingOut).resolves.toBeUndefined();
  const all = accounts.signOutOfAll();
  expect(native.call('callAccounts').args).toEqual([7, 'signOutOfAll', '[]']);
  await answer(null);
  await all;
});

test('an account has one client, whichever function gives it and however often at once', async () => {
  const accounts = createAccounts(config);
  const current = accounts.current();
  await answer('a');
  const switched = accounts.switchTo('a');
  await answer('a');
  expect(native.calls.filter(({ method }) => method === 'openAccount')).toHaveLength(1);
  expect(native.call('openAccount').args).toEqual([7, 'a']);
  native.call('openAccount').resolve(8);
  const client = await current;
  expect(await switched).toBe(client);
  expect(client.accountSlot).toBe('a');
  void client.signOut();
  expect(native.call('signOut').args).toEqual([8]);
  const added = accounts.add();
  await answer('b', 9);
  expect(await added).not.toBe(client);
});

test('an account that could not be opened is opened anew', async () => {
  const accounts = createAccounts(config);
  const first = accounts.current();
  await answer('a');
  native.call('openAccount').reject(rejection({ code: 'storage_locked' }));
  await expect(first).rejects.toMatchObject({ code: 'storage_locked' });
  const second = accounts.current();
  await answer('a', 8);
  expect((await second).accountSlot).toBe('a');
});

test('a sign-in in the browser gives the client that it was begun for, whose state is up to date', async () => {
  const accounts = createAccounts(config);
  const current = accounts.current();
  await answer('a', 8);
  expect((await current).state.kind).toBe('restoring');
  const completing = accounts.completeOAuth2('app://signed-in');
  expect(native.call('callAccounts').args).toEqual([7, 'completeOAuth2', '["app://signed-in"]']);
  native.set({ client: 8, kind: 'signed_in', userId: 'u', userName: 'Ada' });
  await answer({ id: 'a', outcome: { kind: 'signed_in', state: {} } });
  const { client, outcome } = await completing;
  expect(outcome).toEqual({ kind: 'signedIn', state: client.state });
  expect(client.state).toMatchObject({ kind: 'signedIn', user: { name: 'Ada' } });
  const declined = accounts.completeOAuth2('app://signed-in');
  await answer({ id: 'a', outcome: { kind: 'cancelled' } });
  expect((await declined).outcome).toEqual({ kind: 'cancelled' });
});

test('the state is that of the native side, never an older one, and its listeners hear of it once', async () => {
  native.setAccounts(1, ['a'], 'a');
  const accounts = createAccounts(config);
  expect(accounts.state?.current).toBe('a');
  const heard: (number | undefined)[] = [];
  const stop = accounts.subscribe(() => heard.push(accounts.state?.number));
  const late = native.setAccounts(2, ['a', 'b'], 'a');
  const list = accounts.list();
  await answer([]);
  await list;
  expect(accounts.state?.accounts.map(({ id }) => id)).toEqual(['a', 'b']);
  native.emitAccounts(late);
  native.emitAccounts({ ...native.setAccounts(3, ['b'], 'b'), accounts: 99 });
  expect(heard).toEqual([2]);
  native.emitAccounts(native.setAccounts(4, ['b'], 'b'));
  expect(heard).toEqual([2, 4]);
  const { state } = accounts;
  native.emitAccounts(native.setAccounts(4, ['x'], 'x'));
  expect(accounts.state).toBe(state);
  stop();
  native.emitAccounts(native.setAccounts(5, []));
  expect(heard).toEqual([2, 4]);
  expect(accounts.state).toMatchObject({ number: 5, current: null });
});

test('closing closes the clients and listens to nothing any more', async () => {
  const accounts = createAccounts(config);
  expect(accounts.state).toBeUndefined();
  const current = accounts.current();
  await answer('a', 8);
  await current;
  expect(native.ears).toBe(2);
  const closing = accounts.close();
  expect(accounts.close()).toBe(closing);
  native.call('closeAccounts').resolve();
  await settled();
  expect(native.call('close').args).toEqual([8]);
  native.call('close').resolve();
  await closing;
  expect(native.ears).toBe(0);
});

test('a wrong configuration or argument is an error before anything is called', async () => {
  native.refuse({ code: 'config', message: 'why', retryable: false, mayHaveArrived: false });
  expect(() => createAccounts(config)).toThrow(SessionError);
  native.reset();
  const accounts = createAccounts(config);
  for (const wrong of [accounts.switchTo, accounts.client, accounts.signOut, accounts.completeOAuth2]) {
    await expect(wrong(undefined as unknown as string)).rejects.toMatchObject({ code: 'config' });
  }
  expect(native.calls.map(({ method }) => method)).toEqual(['createAccounts']);
});
