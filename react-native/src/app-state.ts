/** Calls `resume()` and `pause()` of a client when the app comes to the foreground or goes to the background. */

import { AppState, type AppStateStatus } from 'react-native';

/** Follows the state of the app, beginning with the current one. Returns a function that stops it. */
export function followAppState(client: { resume: () => Promise<unknown>; pause: () => void }): () => void {
  const follow = (state: AppStateStatus) => {
    // Nothing waits for the result. The client itself retries what failed.
    if (state === 'active') client.resume().catch(() => undefined);
    if (state === 'background') client.pause();
  };
  if (AppState.currentState === 'background') client.pause();
  const subscription = AppState.addEventListener('change', follow);
  return () => {
    subscription.remove();
  };
}
