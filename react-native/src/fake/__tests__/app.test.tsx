/** The fake, used as an app's own tests use it: through the screens. */

import { act, fireEvent, render, screen } from '@testing-library/react-native';
import { useEffect, useState } from 'react';
import { Pressable, Text } from 'react-native';

import { fakeSession } from '../index';
import { createSessionClient, SessionError, SessionProvider, useSession } from '../../index';

const session = createSessionClient({
  endpoint: 'https://appwrite.example.com/v1',
  project: 'shop',
  gateways: ['https://api.example.com'],
});

function Login() {
  const { signInWithEmail } = useSession();
  const [problem, setProblem] = useState('');
  const signIn = (password: string) => {
    signInWithEmail('ada@example.com', password).catch((error: unknown) => {
      setProblem(error instanceof SessionError ? error.code : 'something else');
    });
  };
  return (
    <>
      <Pressable
        onPress={() => {
          signIn('correct horse');
        }}
      >
        <Text>Sign in</Text>
      </Pressable>
      <Pressable
        onPress={() => {
          signIn('wrong horse');
        }}
      >
        <Text>Sign in wrongly</Text>
      </Pressable>
      <Text>{problem}</Text>
    </>
  );
}

function Orders() {
  const { state, fetch, signOut } = useSession();
  const [orders, setOrders] = useState('no orders yet');
  const [times, setTimes] = useState(0);
  useEffect(() => {
    fetch('/orders').then(
      async (answer) => {
        setOrders(await answer.text());
      },
      () => {
        setOrders('could not be loaded');
      },
    );
  }, [fetch, times]);
  return (
    <>
      <Text>{state.kind === 'signedIn' ? `Hello ${state.user?.name ?? ''}` : ''}</Text>
      <Text>{orders}</Text>
      <Pressable
        onPress={() => {
          setTimes(times + 1);
        }}
      >
        <Text>Reload</Text>
      </Pressable>
      <Pressable
        onPress={() => {
          void signOut();
        }}
      >
        <Text>Sign out</Text>
      </Pressable>
    </>
  );
}

function Screens() {
  const { state } = useSession();
  switch (state.kind) {
    case 'signedIn':
      return <Orders />;
    case 'signedOut':
      return (
        <>
          <Text>{state.reason}</Text>
          <Login />
        </>
      );
    default:
      return <Text>{state.kind}</Text>;
  }
}

function showApp() {
  render(
    <SessionProvider client={session}>
      <Screens />
    </SessionProvider>,
  );
}

function newAda() {
  return fakeSession.user({ email: 'ada@example.com', password: 'correct horse', name: 'Ada' });
}

beforeEach(() => {
  fakeSession.reset();
  fakeSession.gateway.on('GET', '/orders', ({ userId }) => ({ text: `orders of ${userId}` }));
});

test('a user signs in, sees the orders, and is signed out by a revocation', async () => {
  const ada = newAda();
  showApp();

  fireEvent.press(await screen.findByText('Sign in'));
  expect(await screen.findByText('Hello Ada')).toBeTruthy();
  expect(await screen.findByText(`orders of ${ada.id}`)).toBeTruthy();

  ada.revokeSessions();
  fireEvent.press(screen.getByText('Reload'));
  expect(await screen.findByText('session_ended')).toBeTruthy();
});

test('a wrong password is told, and nobody is signed in', async () => {
  newAda();
  showApp();

  fireEvent.press(await screen.findByText('Sign in wrongly'));
  expect(await screen.findByText('invalid_credentials')).toBeTruthy();
});

test('an app that starts signed in shows the orders without a sign-in', async () => {
  const ada = newAda();
  fakeSession.startSignedIn(ada);
  showApp();

  expect(await screen.findByText(`orders of ${ada.id}`)).toBeTruthy();
  expect(fakeSession.requests).toMatchObject([{ method: 'GET', to: 'gateway', path: '/orders', carrier: 'cookie' }]);
});

test('a sign-out works offline, and Appwrite is told when the network is back', async () => {
  const ada = newAda();
  fakeSession.startSignedIn(ada);
  showApp();
  await screen.findByText('Hello Ada');

  fakeSession.offline();
  fireEvent.press(screen.getByText('Sign out'));
  expect(await screen.findByText('signed_out')).toBeTruthy();
  expect(ada.sessions).toHaveLength(1);

  fakeSession.online();
  await act(() => fakeSession.idle());
  expect(ada.sessions).toHaveLength(0);
});

test('a request that is held shows what the app shows meanwhile', async () => {
  const ada = newAda();
  fakeSession.startSignedIn(ada);
  const held = fakeSession.fault('GET /orders', 'hold');
  showApp();

  await act(() => held.struck());
  expect(screen.getByText('no orders yet')).toBeTruthy();
  held.release();
  expect(await screen.findByText(`orders of ${ada.id}`)).toBeTruthy();
});

test('a locked store is a state of its own, and is read when it is unlocked', async () => {
  fakeSession.startSignedIn(newAda());
  fakeSession.store.fault('locked');
  fakeSession.restart();
  showApp();

  expect(await screen.findByText('storageLocked')).toBeTruthy();
  fakeSession.store.fault(null);
  expect(await screen.findByText('Hello Ada')).toBeTruthy();
});

test('nothing that a test can read of the fake holds a credential', async () => {
  const ada = newAda();
  fakeSession.startSignedIn(ada);
  const seen: unknown[] = [];
  fakeSession.gateway.on('GET', '/orders', (request) => {
    seen.push(request);
    return {};
  });
  showApp();
  await screen.findByText('Hello Ada');

  const [open] = ada.sessions;
  const credential = open?.credential ?? 'there is none';
  const { secret } = JSON.parse(atob(credential)) as { secret: string };
  const told = JSON.stringify([seen, fakeSession.requests, fakeSession.exchanges]);
  expect(seen).toMatchObject([{ carrier: 'cookie', carriers: 1, userId: ada.id }]);
  for (const part of [secret, credential, 'a_session_']) expect(told).not.toContain(part);
});
