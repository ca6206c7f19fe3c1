/** Hands a client to the components below it. */

import { createContext, type ReactElement, type ReactNode } from 'react';

import type { SessionClient } from '../session-client';

/** The client of the nearest provider. */
export const SessionContext = createContext<SessionClient | null>(null);
SessionContext.displayName = 'SessionContext';

/** What {@link SessionProvider} takes. */
export interface SessionProviderProps {
  /** The client, which was built outside of components. It stays the app's: the provider does not close it. */
  readonly client: SessionClient;
  /** What can use it. */
  readonly children?: ReactNode;
}

/** Hands a client to `useSession()` in the components below it. */
export function SessionProvider({ client, children }: SessionProviderProps): ReactElement {
  return <SessionContext value={client}>{children}</SessionContext>;
}
