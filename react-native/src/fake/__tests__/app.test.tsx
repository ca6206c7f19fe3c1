/** The fake, used as an app's own tests use it: through the screens. */

import { act, fireEvent, render, screen, waitFor } from '@testing-library/react-native';
import { useEffect, useState } from 'react';
import { Pressable, Text } from 'react-native';

import { fakeSession } from '../index';
import { createSessionClient, SessionError, SessionProvider, useSession, type SignInOutcome } from '../../index';

const session = createSessionClient({
  endpoint: 'https://appwrite.example.com/v1',
  project: 'shop',
  gateways: ['https://api.example.com'],
});

function Login() {
  const { signInWithEmail, signInWithGoogle, signInWithOAuth2 } = useSession();
  const [problem, setProblem] = useState('');
  const continueWith = (signIn: Promise<SignInOutcome>) => {
    signIn.then(
      ({ kind }) => {
        if (kind === 'cancelled') setProblem('another time, then');
      },
      (error: unknown) => {
        setProblem(error instanceof SessionError ? (error.detail ?? error.code) : 'something else');
      },
    );
  };
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
      <Pressable
        onPress={() => {
          continueWith(signInWithGoogle({ serverClientId: 'shop.apps.googleusercontent.com' }));
        }}
      >
        <Text>Continue with Google</Text>
      </Pressable>
      <Pressable
        onPress={() => {
          continueWith(signInWithOAuth2('github'));
        }}
      >
        <Text>Continue with GitHub</Text>
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

describe('continuing with a provider', () => {
  const { google, browser } = fakeSession.screens;
  const press = async (name: string) => {
    fireEvent.press(await screen.findByText(name));
  };

  beforeEach(() => {
    fakeSession.reset({ profile: '2.7' });
    fakeSession.gateway.on('GET', '/orders', { text: 'orders' });
  });

  test('signs in', async () => {
    google.answers(newAda());
    showApp();
    await press('Continue with Google');
    expect(await screen.findByText('Hello Ada')).toBeTruthy();
  });

  test('a user who closes the screen sees no error', async () => {
    google.cancels();
    showApp();
    await press('Continue with Google');
    expect(await screen.findByText('another time, then')).toBeTruthy();
    google.fails('not_set_up');
    await press('Continue with Google');
    expect(await screen.findByText('not_set_up')).toBeTruthy();
  });

  test('a screen whose component is gone signs in all the same, after a double tap once', async () => {
    google.stays();
    showApp();
    await press('Continue with Google');
    await press('Continue with Google');
    await waitFor(() => {
      expect(google.isOpen).toBe(true);
    });
    screen.unmount();
    google.answers(newAda());
    showApp();
    expect(await screen.findByText('Hello Ada')).toBeTruthy();
    expect([google.shown, fakeSession.users[0]?.sessions.length]).toEqual([1, 1]);
  });

  test('an app that the system ends while the browser is open is signed in when it starts anew', async () => {
    browser.endsApp();
    showApp();
    await press('Continue with GitHub');
    expect(await screen.findByText(/^Hello/)).toBeTruthy();
    expect(session.state).toMatchObject({ kind: 'signedIn', user: { email: 'useroauth@localhost.test' } });
  });
});
