/** Several accounts with the fake: through the API, and through the screens of an app. */

import { act, render, screen, waitFor } from '@testing-library/react-native';
import { useEffect, useState } from 'react';
import { Text } from 'react-native';

import { fakeSession } from '../index';
import { type Accounts, AccountsProvider, createAccounts, SessionError, useAccounts, useSession } from '../../index';

const config = {
  endpoint: 'https://appwrite.example.com/v1',
  project: 'shop',
  gateways: ['https://api.example.com'],
};
const accounts = createAccounts(config);

const signIn = async (name: string) => {
  const client = await accounts.add();
  await client.signInWithEmail(`${name}@example.com`, 'correct horse');
  return client;
};

const listed = async () => (await accounts.list()).map(({ user, isCurrent }) => `${user.name}${isCurrent ? '*' : ''}`);

beforeEach(() => {
  fakeSession.reset();
  for (const name of ['ada', 'eve']) {
    fakeSession.user({ email: `${name}@example.com`, password: 'correct horse', name });
  }
  fakeSession.gateway.on('GET', '/whoami', ({ userId }) => ({ json: { userId } }));
});

test('accounts are listed without a request after a restart, and each call is of its own account', async () => {
  const [ada, eve] = [await signIn('ada'), await signIn('eve')];
  await accounts.switchTo(eve.accountSlot);
  expect(await listed()).toEqual(['ada', 'eve*']);
  const [of, other] = await Promise.all([ada.fetch('/whoami'), eve.fetch('/whoami')]);
  const first: unknown = await of.json();
  const second: unknown = await other.json();
  expect(first).not.toEqual(second);
  const before = fakeSession.requests.length;
  fakeSession.restart();
  expect(eve.state).toMatchObject({ kind: 'signedIn', user: { name: 'eve' } });
  expect(accounts.state?.accounts.map(({ user }) => user.name)).toEqual(['ada', 'eve']);
  expect(await listed()).toEqual(['ada', 'eve*']);
  expect(fakeSession.requests).toHaveLength(before);
  expect(await (await accounts.current()).fetch('/whoami').then((answer) => answer.json())).toEqual(second);
  expect(await accounts.current()).toBe(eve);
});

test('a user who is added again takes the place of the account that was there', async () => {
  const first = await signIn('ada');
  await accounts.switchTo(first.accountSlot);
  const again = await signIn('ada');
  expect(await listed()).toEqual(['ada*']);
  expect(await accounts.current()).toBe(again);
  await fakeSession.idle();
  expect(first.state).toEqual({ kind: 'signedOut', reason: 'signed_out' });
  expect(fakeSession.users.find(({ email }) => email === 'ada@example.com')?.sessions).toHaveLength(1);
});

test('signing out of one and of all empties the list, and a restart brings nobody back', async () => {
  const [ada, eve] = [await signIn('ada'), await signIn('eve')];
  await accounts.switchTo(ada.accountSlot);
  await accounts.signOut(ada.accountSlot);
  expect(ada.state.kind).toBe('signedOut');
  expect(await listed()).toEqual(['eve*']);
  await accounts.signOutOfAll();
  expect(accounts.state).toMatchObject({ accounts: [], current: null });
  fakeSession.restart();
  expect(await listed()).toEqual([]);
  await expect(eve.account()).rejects.toMatchObject({ code: 'closed' });
});

test('a component shows the account that the app uses, and begins anew when it is switched', async () => {
  const [ada, eve] = [await signIn('ada'), await signIn('eve')];
  await accounts.switchTo(ada.accountSlot);
  const seen: string[] = [];
  function Data() {
    const { state, fetch } = useSession();
    const { state: all } = useAccounts();
    const [data, setData] = useState('');
    const name = state.kind === 'signedIn' ? state.user?.name : state.kind;
    useEffect(() => {
      fetch('/whoami').then(
        async (answer) => {
          setData(`data of ${((await answer.json()) as { userId: string }).userId}`);
        },
        () => undefined,
      );
    }, [fetch]);
    seen.push(`${String(name)} ${data}`);
    return <Text>{`${String(name)} of ${String(all?.accounts.length)} ${data}`}</Text>;
  }
  render(
    <AccountsProvider accounts={accounts} fallback={<Text>reading</Text>}>
      <Data />
    </AccountsProvider>,
  );
  const id = (name: string) => fakeSession.users.find(({ email }) => email === `${name}@example.com`)?.id ?? '';
  await waitFor(() => screen.getByText(`ada of 2 data of ${id('ada')}`));
  await act(() => accounts.switchTo(eve.accountSlot));
  await waitFor(() => screen.getByText(`eve of 2 data of ${id('eve')}`));
  expect(seen.filter((line) => line.startsWith('eve') && line.includes(id('ada')))).toEqual([]);
  await act(() => accounts.signOutOfAll());
  await waitFor(() => screen.getByText(/^signedOut of 0/));
});

test.each([
  ['storage_locked', 4],
  ['closed', 1],
] as const)('a provider asks accounts that fail with %s so often in three seconds: %i', async (code, times) => {
  jest.useFakeTimers();
  try {
    const current = jest.fn(() => Promise.reject(new SessionError(code, '')));
    const failing = { current, subscribe: () => () => undefined, state: undefined } as unknown as Accounts;
    render(
      <AccountsProvider accounts={failing}>
        <Text>client</Text>
      </AccountsProvider>,
    );
    await act(() => jest.advanceTimersByTimeAsync(3_500));
    expect(current).toHaveBeenCalledTimes(times);
  } finally {
    jest.useRealTimers();
  }
});
