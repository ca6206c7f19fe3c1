/** Provides a client to the components below it. */

import { createContext, type ReactElement, type ReactNode } from 'react';

import type { SessionClient } from '../session-client';

/** The client of the nearest provider. */
export const SessionContext = createContext<SessionClient | null>(null);
SessionContext.displayName = 'SessionContext';

/** The properties of {@link SessionProvider}. */
export interface SessionProviderProps {
  /** The client. Build it outside of components. The provider does not close it. */
  readonly client: SessionClient;
  /** The components that can use it. */
  readonly children?: ReactNode;
}

/** Provides a client to `useSession()` in the components below it. */
export function SessionProvider({ client, children }: SessionProviderProps): ReactElement {
  return <SessionContext value={client}>{children}</SessionContext>;
}
