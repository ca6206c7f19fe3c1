/** The app's configuration, and the world as a test file finds it. */

import type { SessionConfig } from 'react-native-appwrite-session';
import { fakeSession } from 'react-native-appwrite-session/jest';

export const config: SessionConfig = {
  endpoint: 'https://appwrite.example.com/v1',
  project: 'shop',
  gateways: ['https://api.example.com', { url: 'https://live.example.com', carrier: 'session_header' }],
};

const see = () => ({
  users: fakeSession.users.length,
  requests: fakeSession.requests.length,
  nothingStored: fakeSession.store.isEmpty,
});

export const EMPTY: ReturnType<typeof see> = { users: 0, requests: 0, nothingStored: true };

/** What was there before the test file did anything. */
export const atFirst = see();
