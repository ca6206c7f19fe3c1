/** The app's story, with the package's own mock in place of Appwrite, gateway and device. */

import { act, fireEvent, render, screen, waitFor } from '@testing-library/react-native';
import { AxiosError, AxiosHeaders } from 'axios';
import { fakeSession } from 'react-native-appwrite-session/jest';

import { App } from '../App';
import { orders } from '../config';
import { api } from '../session';

const email = 'ada@example.com';
const password = 'correct horse';

const press = async (name: string) => {
  const button = await screen.findByText(name);
  await act(async () => {
    fireEvent.press(button);
    await Promise.resolve();
  });
};
const fillIn = (name: string, text: string) => {
  fireEvent.changeText(screen.getByPlaceholderText(name), text);
};

beforeEach(() => {
  fakeSession.reset();
  fakeSession.gateway.on('GET', orders, ({ userId }) => ({ json: { of: userId } }));
});

test('somebody signs up, sees the orders, and signs out', async () => {
  render(<App />);
  expect(await screen.findByText('Welcome. Sign in, or sign up.')).toBeTruthy();

  fillIn('E-mail', email);
  fillIn('Password', password);
  await press('Sign up');
  expect(await screen.findByText('Welcome, stranger.')).toBeTruthy();

  await press('Show my orders');
  expect(await screen.findByText(JSON.stringify({ of: fakeSession.users[0]?.id }))).toBeTruthy();

  await press('Sign out');
  expect(await screen.findByText('You are signed out.')).toBeTruthy();
});

test('somebody continues with Apple, whose screen is that of iOS', async () => {
  fakeSession.reset({ profile: '2.7' });
  fakeSession.screens.apple.answers({ email, name: 'Ada' });
  render(<App />);
  await press('Continue with Apple');
  expect(await screen.findByText('Welcome, Ada.')).toBeTruthy();
});

test('somebody who closes the browser is told nothing, and can try again', async () => {
  fakeSession.screens.browser.stays();
  render(<App />);
  await press('Continue with Google');
  await waitFor(() => {
    expect(fakeSession.screens.browser.isOpen).toBe(true);
  });
  await act(async () => {
    fakeSession.screens.browser.cancels();
    await fakeSession.idle();
  });
  expect(screen.queryByText(/did not work|again/)).toBeNull();
  fakeSession.screens.browser.answers();
  await press('Continue with GitHub');
  expect(await screen.findByText(/^Welcome, /)).toBeTruthy();
});

test('a passkey signs in, and a device without one says so', async () => {
  fakeSession.reset({ profile: '2.7' });
  render(<App />);
  await press('Use a passkey');
  expect(await screen.findByText('This device has nothing to sign in with. Choose another way.')).toBeTruthy();

  fakeSession.user({ email, password, name: 'Ada' });
  fillIn('E-mail', email);
  fillIn('Password', password);
  await press('Sign in');
  await press('Add a passkey');
  await screen.findByText('This device has a passkey now.');
  await press('Sign out');
  await press('Use a passkey');
  expect(await screen.findByText('Welcome, Ada.')).toBeTruthy();
});

test('the system ends the app while GitHub is open, and the next start is signed in', async () => {
  fakeSession.screens.browser.endsApp();
  render(<App />);
  await press('Continue with GitHub');
  expect(await screen.findByText(/^Welcome, /)).toBeTruthy();
});

test('a wrong password is told as what to do about it', async () => {
  fakeSession.user({ email, password });
  render(<App />);
  await screen.findByText('Sign in');

  fillIn('E-mail', email);
  fillIn('Password', 'wrong horse');
  await press('Sign in');
  expect(await screen.findByText('E-mail or password is wrong.')).toBeTruthy();
});

test('a second factor is asked for, and answered', async () => {
  const ada = fakeSession.user({ email, password, name: 'Ada', mfa: true });
  render(<App />);
  await screen.findByText('Sign in');

  fillIn('E-mail', email);
  fillIn('Password', password);
  await press('Sign in');
  await press('Use the authenticator app');
  await screen.findByPlaceholderText('Code');
  fillIn('Code', '000000');
  await press('Go on');
  expect(await screen.findByText('The code is wrong. Ask for a new one.')).toBeTruthy();

  await press('Use the authenticator app');
  fillIn('Code', ada.totp());
  await press('Go on');
  expect(await screen.findByText('Welcome, Ada.')).toBeTruthy();
});

test('a locked store is waited for, without anything to press', async () => {
  fakeSession.startSignedIn(fakeSession.user({ email, password, name: 'Ada' }));
  fakeSession.store.fault('locked');
  fakeSession.restart();
  render(<App />);
  expect(await screen.findByText('Unlock your phone to go on.')).toBeTruthy();

  act(() => {
    fakeSession.store.fault(null);
  });
  expect(await screen.findByText('Welcome, Ada.')).toBeTruthy();
});

test('a session that Appwrite ended is said to have ended', async () => {
  const ada = fakeSession.user({ email, password, name: 'Ada' });
  fakeSession.startSignedIn(ada);
  render(<App />);
  expect(await screen.findByText('From the last time; Appwrite has not been asked yet.')).toBeTruthy();

  ada.revokeSessions();
  await press('Show my orders');
  expect(await screen.findByText('Your session has ended. Please sign in again.')).toBeTruthy();
});

test('axios carries the session as well', async () => {
  const ada = fakeSession.user({ email, password, name: 'Ada' });
  fakeSession.startSignedIn(ada);
  // In place of the platform's own HTTP client.
  api.defaults.adapter = async (config) => {
    const headers = Object.fromEntries(Object.entries(config.headers).map(([name, value]) => [name, String(value)]));
    const answer = await fakeSession.fetch(api.getUri(config), { headers });
    if (!answer.ok) throw new AxiosError(`status ${String(answer.status)}`);
    return {
      data: (await answer.json()) as unknown,
      status: answer.status,
      statusText: '',
      headers: new AxiosHeaders(),
      config,
    };
  };
  render(<App />);

  await press('The same with axios');
  expect(await screen.findByText(JSON.stringify({ of: ada.id }))).toBeTruthy();
});
