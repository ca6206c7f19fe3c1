/** Tells a client when the app comes to the foreground and leaves it. */

import { AppState, type AppStateStatus } from 'react-native';

/** Follows the app's state, the current one first. Returns a function that ends it. */
export function followAppState(client: { resume: () => Promise<unknown>; pause: () => void }): () => void {
  const follow = (state: AppStateStatus) => {
    // Nobody waits for this; what fails is tried again by the client itself.
    if (state === 'active') client.resume().catch(() => undefined);
    if (state === 'background') client.pause();
  };
  if (AppState.currentState === 'background') client.pause();
  const subscription = AppState.addEventListener('change', follow);
  return () => {
    subscription.remove();
  };
}
