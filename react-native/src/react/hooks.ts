/** Hooks that give a component the session. A component is rendered again when the session changes, and only then. */

import { useContext, useMemo, useSyncExternalStore } from 'react';

import type { Accounts } from '../accounts';
import type { SessionClient } from '../session-client';
import type { SessionState } from '../state';
import { AccountsContext } from './accounts-provider';
import { SessionContext } from './provider';

/**
 * The session of the nearest `SessionProvider`: the state, and every function of the client.
 *
 * ```tsx
 * const { state, signOut, fetch } = useSession();
 * if (state.kind !== 'signedIn') return <Login />;
 * ```
 *
 * `state` and `persistence` are those of this render. The functions are the same in every render, so they can be dependencies of an
 * effect.
 *
 * @throws Error if there is no provider.
 */
export function useSession(): SessionClient {
  const client = useClient();
  const state = useSyncExternalStore(client.subscribe, () => client.state);
  const persistence = useSyncExternalStore(client.subscribe, () => client.persistence);
  return useMemo(() => ({ ...client, state, persistence }), [client, state, persistence]);
}

/** The state alone, for a component that needs nothing else: it is not rendered for other changes. Otherwise as {@link useSession}. */
export function useSessionState(): SessionState {
  const client = useClient();
  return useSyncExternalStore(client.subscribe, () => client.state);
}

/**
 * The accounts of the nearest `AccountsProvider`: the state, and every function.
 *
 * ```tsx
 * const { state, switchTo } = useAccounts();
 * return state?.accounts.map(({ id, user }) => <Button key={id} title={user.name} onPress={() => switchTo(id)} />);
 * ```
 *
 * `state` is that of this render. The functions are the same in every render.
 *
 * @throws Error if there is no provider.
 */
export function useAccounts(): Accounts {
  const accounts = useContext(AccountsContext);
  if (!accounts)
    throw new Error('useAccounts() needs an <AccountsProvider accounts={…}> around the component that calls it');
  const state = useSyncExternalStore(accounts.subscribe, () => accounts.state);
  return useMemo(() => ({ ...accounts, state }), [accounts, state]);
}

function useClient(): SessionClient {
  const client = useContext(SessionContext);
  if (!client) throw new Error('useSession() needs a <SessionProvider client={…}> around the component that calls it');
  return client;
}
