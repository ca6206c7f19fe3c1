/** The one session of the app, built outside of components. */

import axios from 'axios';
import { authorizeAxios, createSessionClient } from 'react-native-appwrite-session';

import { endpoint, gateway, project } from './config';

/** Restores the stored session. Makes no request. */
export const session = createSessionClient({
  endpoint,
  project,
  // A carrier that platforms do not treat as a cookie, because of axios below. With `fetch` alone, `[gateway]` is enough.
  gateways: [{ url: gateway, carrier: 'session_header' }],
  // After a minute in the background, the next call of the gateway asks for biometrics or the device passcode.
  presence: {
    policy: 'lifecycle',
    timeoutMs: 60_000,
    title: 'Show your orders',
    cancel: 'Not now',
  },
  // iOS keeps the Keychain when an app is removed. The next installation must not find the old session.
  forgetAfterReinstall: true,
});

/** For code that uses axios: requests to the gateway are sent with the session, other requests are not. */
export const api = axios.create({ baseURL: gateway });
authorizeAxios(api, session);
