/** Where the user stands, as a pure function: `(standing, event) → standing`. The table is in `core/src/session/README.md`. */

/** Why nobody is signed in. */
export type Reason = 'no_session' | 'signed_out' | 'session_ended' | 'storage_lost' | 'storage_unavailable';

/** Who is signed in. */
export interface User {
  id: string;
  name: string;
  email: string | undefined;
}

/** Where the user stands. */
export type State =
  | { kind: 'restoring' }
  | { kind: 'storage_locked' }
  | { kind: 'signed_out'; reason: Reason }
  | { kind: 'mfa_required'; factors: string[] }
  | { kind: 'signed_in'; user: User | undefined; verified: boolean };

/** The state, and which credential is held: its number, which later ones never have again. */
export interface Standing {
  state: State;
  held: number | undefined;
}

/** What is known of a credential that comes to be held. */
interface Known {
  epoch: number;
  user: User | undefined;
  factors: string[] | undefined;
}

/** What can happen to a session. */
export type SessionEvent =
  | { is: 'StoreLocked' | 'StoreEmpty' | 'StoreLost' | 'StoreUnavailable' | 'SignedOut' }
  | ({ is: 'Restored' | 'Adopted' } & Known)
  | ({ is: 'SignedIn'; verified: boolean } & Known)
  | { is: 'Verified'; epoch: number; user: User }
  | { is: 'FactorsRequired'; epoch: number; factors: string[] }
  | { is: 'Ended'; epoch: number };

/** Where every client starts. */
export const RESTORING: Standing = { state: { kind: 'restoring' }, held: undefined };

const OF_STORE = ['StoreLocked', 'StoreEmpty', 'StoreLost', 'StoreUnavailable', 'Restored'];

/** Whether the store's content is still unknown, so that a result of reading it is news. */
export function awaitsStore({ state }: Standing): boolean {
  return (
    state.kind === 'restoring' ||
    state.kind === 'storage_locked' ||
    (state.kind === 'signed_out' && state.reason === 'storage_unavailable')
  );
}

/** The next standing. An event that has no meaning here, or is about another credential, changes nothing. */
export function transition(standing: Standing, event: SessionEvent): Standing {
  if (OF_STORE.includes(event.is) && !awaitsStore(standing)) {
    return standing;
  }
  switch (event.is) {
    case 'StoreLocked':
      return { state: { kind: 'storage_locked' }, held: undefined };
    case 'StoreEmpty':
      return out('no_session');
    case 'StoreLost':
      return out('storage_lost');
    case 'StoreUnavailable':
      return out('storage_unavailable');
    case 'SignedOut':
      return out('signed_out');
    case 'Restored':
    case 'Adopted':
      return holding(event, false);
    case 'SignedIn':
      return holding(event, event.verified);
    case 'Verified':
      return event.epoch === standing.held ? holding({ ...event, factors: undefined }, true) : standing;
    case 'FactorsRequired':
      return event.epoch === standing.held ? holding({ ...event, user: undefined }, false) : standing;
    case 'Ended':
      return event.epoch === standing.held ? out('session_ended') : standing;
  }
}

function out(reason: Reason): Standing {
  return { state: { kind: 'signed_out', reason }, held: undefined };
}

function holding({ epoch, user, factors }: Known, verified: boolean): Standing {
  const state: State = factors ? { kind: 'mfa_required', factors } : { kind: 'signed_in', user, verified };
  return { state, held: epoch };
}
