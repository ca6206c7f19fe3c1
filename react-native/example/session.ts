/** The one session of the app, built outside of components. */

import axios from 'axios';
import { authorizeAxios, createSessionClient } from 'react-native-appwrite-session';

import { endpoint, gateway, project } from './config';

/** Restores what the last start of the app left. Makes no request. */
export const session = createSessionClient({
  endpoint,
  project,
  // A header that no cookie jar knows, for the sake of axios below; with `fetch` alone, `[gateway]` will do.
  gateways: [{ url: gateway, carrier: 'session_header' }],
  // After a minute in the background, the next call of the gateway asks for face, finger or the device's code.
  presence: {
    policy: 'lifecycle',
    timeoutMs: 60_000,
    title: 'Show your orders',
    cancel: 'Not now',
  },
  // iOS keeps the Keychain when an app is removed: its next installation begins anew.
  forgetAfterReinstall: true,
});

/** For what an app has that is written with axios: its requests to the gateway carry the session, and no others do. */
export const api = axios.create({ baseURL: gateway });
authorizeAxios(api, session);
