/** A screen over `useSession()` and the real Kotlin module. */

import { act, fireEvent, render, screen, waitFor } from '@testing-library/react-native';
import { Text } from 'react-native';

import type { SessionClient } from '../../../src';
import type { Jvm, Loaded } from '../jvm';
import { type Mock, PASSWORD } from '../mock';
import { type Face, provide, start } from './support/world';

let jvm: Jvm;
let mock: Mock;
let face: Face;
let module: Loaded;

beforeAll(async () => {
  ({ jvm, mock } = await start());
  module = jvm.load();
  provide(module);
  face = require('../../../src') as Face;
});

afterAll(async () => {
  await mock.end();
  await jvm.end();
});

function Orders() {
  const { state, signInWithEmail, signOut } = face.useSession();
  switch (state.kind) {
    case 'signedOut':
      return <Text onPress={() => void signInWithEmail('ada@example.com', PASSWORD)}>signed out: {state.reason}</Text>;
    case 'signedIn':
      return <Text onPress={() => void signOut()}>welcome, {state.user?.name}</Text>;
    default:
      return <Text>{state.kind}</Text>;
  }
}

function show(session: SessionClient) {
  render(
    <face.SessionProvider client={session}>
      <Orders />
    </face.SessionProvider>,
  );
}

test('a screen follows a sign-in, a revocation and a sign-out', async () => {
  const ada = await mock.ada();
  const session = face.createSessionClient(mock.config);
  show(session);
  fireEvent.press(await screen.findByText('signed out: no_session'));
  await screen.findByText('welcome, Ada');

  await act(async () => {
    await mock.control('DELETE', `/users/${ada}/sessions`);
    await expect(session.fetch('/gateway/whoami')).rejects.toMatchObject({
      code: 'signed_out',
      reason: 'session_ended',
    });
  });
  fireEvent.press(await screen.findByText('signed out: session_ended'));
  fireEvent.press(await screen.findByText('welcome, Ada'));
  await screen.findByText('signed out: signed_out');
  await waitFor(async () => expect(await mock.wire()).toContain('DELETE appwrite /v1/account/sessions/current 204'));
});
