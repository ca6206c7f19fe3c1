/** A second test file of the same run. It leaves its user signed in. */

import { createSessionClient } from 'react-native-appwrite-session';
import { fakeSession } from 'react-native-appwrite-session/jest';

import { atFirst, config, EMPTY } from './world';

test('a second test file has a world of its own', async () => {
  expect(atFirst).toEqual(EMPTY);
  fakeSession.user({ email: 'ada@example.com', password: 'correct horse', name: 'Another Ada' });
  const session = createSessionClient(config);
  const state = await session.signInWithEmail('ada@example.com', 'correct horse');
  expect(state).toMatchObject({ kind: 'signedIn', user: { name: 'Another Ada' } });
  expect(fakeSession.store.isEmpty).toBe(false);
});
