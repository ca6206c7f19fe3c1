/** The state of the session, as a pure function: `(snapshot, event) → snapshot`. The table is in `core/src/session/README.md`. */

/** Why nobody is signed in. */
export type Reason = 'no_session' | 'signed_out' | 'session_ended' | 'storage_lost' | 'storage_unavailable';

/** Who is signed in. */
export interface User {
  id: string;
  name: string;
  email: string | undefined;
}

/** The state of the session. */
export type State =
  | { kind: 'restoring' }
  | { kind: 'storage_locked' }
  | { kind: 'signed_out'; reason: Reason }
  | { kind: 'mfa_required'; factors: string[] }
  | { kind: 'signed_in'; user: User | undefined; verified: boolean };

/** The state, and the number of the credential that is held. A number is never used twice. */
export interface Snapshot {
  state: State;
  held: number | undefined;
}

/** What is known of a new credential. */
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

/** The first state of every client. */
export const RESTORING: Snapshot = { state: { kind: 'restoring' }, held: undefined };

const OF_STORE = ['StoreLocked', 'StoreEmpty', 'StoreLost', 'StoreUnavailable', 'Restored'];

/** Whether the store's content is still unknown, so that the result of reading it matters. */
export function awaitsStore({ state }: Snapshot): boolean {
  return (
    state.kind === 'restoring' ||
    state.kind === 'storage_locked' ||
    (state.kind === 'signed_out' && state.reason === 'storage_unavailable')
  );
}

/** The next snapshot. An event that has no meaning in this state, or is about another credential, changes nothing. */
export function transition(snapshot: Snapshot, event: SessionEvent): Snapshot {
  if (OF_STORE.includes(event.is) && !awaitsStore(snapshot)) {
    return snapshot;
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
      return event.epoch === snapshot.held ? holding({ ...event, factors: undefined }, true) : snapshot;
    case 'FactorsRequired':
      return event.epoch === snapshot.held ? holding({ ...event, user: undefined }, false) : snapshot;
    case 'Ended':
      return event.epoch === snapshot.held ? out('session_ended') : snapshot;
  }
}

function out(reason: Reason): Snapshot {
  return { state: { kind: 'signed_out', reason }, held: undefined };
}

function holding({ epoch, user, factors }: Known, verified: boolean): Snapshot {
  const state: State = factors ? { kind: 'mfa_required', factors } : { kind: 'signed_in', user, verified };
  return { state, held: epoch };
}
