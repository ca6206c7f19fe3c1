/** Notices that the user has come back to the app from the browser. */

import { AppState, type AppStateStatus } from 'react-native';

/** How long after the return the link may come that has brought the user back. */
const PATIENCE_MS = 1_000;

/** Calls `listener` once, some time after the app has left the foreground and has come back. Returns a function that stops it. */
export function onReturn(listener: () => void): () => void {
  let hasLeft = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // In tests of apps whose mocks are reset, nothing is returned.
  const subscription = AppState.addEventListener('change', (state: AppStateStatus) => {
    if (state === 'background') hasLeft = true;
    clearTimeout(timer);
    if (state === 'active' && hasLeft) timer = setTimeout(listener, PATIENCE_MS);
  }) as { remove: () => void } | undefined;
  return () => {
    clearTimeout(timer);
    subscription?.remove();
  };
}
