/** Provides accounts to the components below it, and the client of the account that the app uses. */

import { createContext, type ReactElement, type ReactNode, useEffect, useReducer, useSyncExternalStore } from 'react';

import { type Accounts, openedClient } from '../accounts';
import { SessionError } from '../errors';
import { SessionProvider } from './provider';

/** The accounts of the nearest provider. */
export const AccountsContext = createContext<Accounts | null>(null);
AccountsContext.displayName = 'AccountsContext';

/** After a store that could not be read, the wait before it is asked again. */
const WAIT_MS = 1_000;

/** The properties of {@link AccountsProvider}. */
export interface AccountsProviderProps {
  /** The accounts. Build them outside of components. The provider does not close them. */
  readonly accounts: Accounts;
  /** What is shown until the store has been read. Nothing if not set. */
  readonly fallback?: ReactNode;
  /** The components that can use them. */
  readonly children?: ReactNode;
}

/**
 * Provides the accounts to `useAccounts()`, and the client of the account that the app uses to `useSession()`, in the components below it.
 *
 * After a switch the components below begin anew, with state and effects of their own: what was loaded for one account is never shown under
 * the name of another. What has to outlive a switch belongs above this provider.
 */
export function AccountsProvider({ accounts, fallback, children }: AccountsProviderProps): ReactElement {
  const current = useSyncExternalStore(accounts.subscribe, () => accounts.state?.current);
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const client = openedClient(accounts, current);
  const isOpen = client !== undefined;

  useEffect(() => {
    if (isOpen) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const open = () => {
      accounts.current().then(
        () => {
          if (!isGone) renderAgain();
        },
        (error: unknown) => {
          // A locked store is asked again, for as long as somebody waits here. Accounts that are closed stay so.
          const isClosed = error instanceof SessionError && error.code === 'closed';
          if (!isGone && !isClosed) timer = setTimeout(open, WAIT_MS);
        },
      );
    };
    open();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [accounts, current, isOpen]);

  return (
    <AccountsContext value={accounts}>
      {client ? (
        <SessionProvider key={client.accountSlot} client={client}>
          {children}
        </SessionProvider>
      ) : (
        fallback
      )}
    </AccountsContext>
  );
}
