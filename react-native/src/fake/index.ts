/**
 * For the tests of an app: importing this module replaces the native module by a fake, under the real TypeScript of the package.
 * Add it to jest's `setupFiles`, and import `fakeSession` in tests that control the fake.
 *
 * ```tsx
 * import { fakeSession } from 'react-native-appwrite-session/jest';
 *
 * beforeEach(() => fakeSession.reset());
 *
 * test('shows the orders', async () => {
 *   const ada = fakeSession.user({ email: 'ada@example.com', password: 'correct horse', name: 'Ada' });
 *   fakeSession.gateway.on('GET', '/orders', ({ userId }) => ({ json: [{ id: 1, of: userId }] }));
 *   fakeSession.startSignedIn(ada);
 *   …
 * });
 * ```
 */

import { NativeModules } from 'react-native';

import { FakeSession } from './control';

export type { FakeBrowser } from './browser';
export type { FakeMessage, FakeRequest, FakeSession, Profile } from './control';
export type { FakePresence, FakeStore, StoreFault } from './device';
export type { FakeFiles } from './files';
export type { Fault, FaultOptions, OrderedFault } from './faults';
export type {
  FakeAccount,
  FakeBrowserScreen,
  FakeIdTokenScreen,
  FakePasskeyScreen,
  FakeScreen,
  FakeScreens,
} from './screens';
export type { Carrier, FakeGateway, GatewayAnswer, GatewayRequest, Handler, RouteOptions } from './sites';
export type { FakeSessionInfo, FakeUser, UserOptions } from './users';
export type { FakeWebhook } from './webhooks';

interface Global {
  appwriteSessionFake?: FakeSession;
}

const global = globalThis as Global;
// If this module is evaluated again, after jest.resetModules(), JavaScript was reloaded: the native side and the device stay.
global.appwriteSessionFake?.module.reloaded();

/** Controls the fake world. */
export const fakeSession: FakeSession = (global.appwriteSessionFake ??= new FakeSession());

(NativeModules as Record<string, unknown>).AppwriteSession = fakeSession.module;
