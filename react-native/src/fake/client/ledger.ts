/** The truth about one client's session: decides by `state.ts`, saves, and only then publishes. Everything here is done at once. */

import { StoreFailure } from '../world/device';
import type { SessionEvent, Standing, State } from './state';
import { RESTORING, awaitsStore, transition } from './state';
import type { StoredRecord, StoredSession, Vault } from './vault';

/** One published state. */
export interface Published {
  number: number;
  state: State;
  persistence: string;
}

/** A credential, with its number. */
export interface Held {
  epoch: number;
  blob: string;
}

/** Whom the ledger tells. */
export interface LedgerHost {
  /** There is something to do: to save, or to tell Appwrite. */
  nudge: () => void;
  /** Another user's calls must not be known by the last one's cookies. */
  forgetCookies: () => void;
  published: (change: Published) => void;
}

/** The truth about one client's session. */
export class Ledger {
  standing: Standing = RESTORING;
  session: { epoch: number; stored: StoredSession } | undefined;
  /** Credentials that Appwrite must still be told to revoke. */
  revocations: string[] = [];
  /** Counts sign-outs, so that a sign-in that one overtook can know. */
  signOuts = 0;
  /** The store does not have what is here. */
  unsaved = false;
  /** The store had the session and has it no more. */
  vanished = false;
  change: Published;
  /** The credential that calls carry. */
  held: Held | undefined;
  /** The store's content is not known yet. */
  private unread = true;
  private lastEpoch = 0;

  constructor(
    readonly vault: Vault,
    private readonly host: LedgerHost,
  ) {
    this.change = { number: 0, state: RESTORING.state, persistence: vault.persistence };
  }

  /** Begins anew, as after a start of the app: nothing is known, and the numbers go on. */
  restart(): void {
    Object.assign(this, { session: undefined, revocations: [], unsaved: false, vanished: false, unread: true });
    this.signOuts += 1;
    this.standing = RESTORING;
    this.publish();
  }

  nextEpoch(): number {
    return ++this.lastEpoch;
  }

  /** The session if it is still the one of that number. */
  sessionOf(epoch: number): StoredSession | undefined {
    return this.session?.epoch === epoch ? this.session.stored : undefined;
  }

  /** Reads the store, if its content is still unknown and nothing newer was decided. */
  restore(): void {
    if (!this.unread || !awaitsStore(this.standing)) {
      return;
    }
    const { event, unmarked } = this.read();
    this.unread = event.is === 'StoreLocked' || event.is === 'StoreUnavailable';
    if (this.vault.readOnly) {
      this.revocations = [];
    }
    this.note(event);
    if (unmarked && this.vault.marksInstallations) {
      this.save();
    }
    if (this.revocations.length > 0) {
      this.host.nudge();
    }
  }

  /** What the store has, and whether its record does not name this installation. */
  private read(): { event: SessionEvent; unmarked?: boolean } {
    let loaded;
    try {
      loaded = this.vault.load();
    } catch (failure) {
      const locked = failure instanceof StoreFailure && failure.fault === 'locked';
      return { event: { is: locked ? 'StoreLocked' : 'StoreUnavailable' } };
    }
    if (loaded.is === 'nothing' || loaded.is === 'lost') {
      return { event: { is: loaded.is === 'lost' ? 'StoreLost' : 'StoreEmpty' } };
    }
    const { session, revocations, installation } = loaded.record;
    if (loaded.is === 'reinstalled') {
      // Whoever installed the app anew begins anew, and the session before is ended like one that was left.
      this.revocations = session ? [...revocations, session.blob] : revocations;
      return { event: { is: 'StoreEmpty' }, unmarked: true };
    }
    this.revocations = revocations;
    const unmarked = installation === undefined;
    return session
      ? { event: { is: 'Restored', ...this.hold(session, this.nextEpoch()) }, unmarked }
      : { event: { is: 'StoreEmpty' }, unmarked };
  }

  /** Applies an event, saves, and then publishes. Tells what the store had against it, if anything. */
  commit(event: SessionEvent): StoreFailure | undefined {
    // First, because an event about a session that another process has replaced is no news.
    const unread = this.reconcile(event.is === 'SignedIn' || event.is === 'SignedOut');
    this.standing = transition(this.standing, event);
    const failure = this.write(unread);
    this.publish();
    return failure;
  }

  /** Applies an event where the stored record stays as it is. */
  note(event: SessionEvent): void {
    this.standing = transition(this.standing, event);
    this.publish();
  }

  /** Saves, after reading what another process may have written. */
  save(decides = false): StoreFailure | undefined {
    return this.write(this.reconcile(decides));
  }

  /** Writes the record as it is, if the store could be read. */
  write(unread: StoreFailure | undefined): StoreFailure | undefined {
    const { session, revocations } = this;
    const record = { session: session?.stored, revocations, installation: undefined };
    const failure =
      unread ??
      failureOf(() => {
        this.vault.save(record);
      });
    this.unsaved = failure !== undefined;
    return failure;
  }

  /**
   * Reads the record again. One that another process changed is taken over, unless this process `decides`: then its session is
   * replaced by what was decided here, and is to be revoked.
   */
  reconcile(decides: boolean): StoreFailure | undefined {
    let reread;
    try {
      reread = this.vault.reread();
    } catch (failure) {
      return failure as StoreFailure;
    }
    // What is known here only, because the store was unread or refused it, is the newer word.
    const wins = decides || this.unread || this.unsaved;
    this.unread = false;
    const queued = this.revocations.length;
    if (reread.is === 'changed') {
      if (this.vault.readOnly) {
        this.adopt(reread.record.session);
      } else if (wins) {
        this.overrule(reread.record);
      } else {
        this.follow(reread.record);
      }
    } else if (reread.is === 'gone') {
      if (this.vault.readOnly) {
        this.adopt(undefined);
      } else {
        this.vanished = this.session !== undefined && !wins;
      }
    }
    if (this.revocations.length > queued || this.vanished) {
      this.host.nudge();
    }
    return undefined;
  }

  /** Reads the record again, when the app comes to the foreground or a gateway refuses the credential. */
  refresh(): void {
    if (!this.unread) {
      this.reconcile(false);
    }
  }

  /** Holds a session from now on, in memory. */
  hold(stored: StoredSession, epoch: number) {
    this.session = { epoch, stored };
    return { epoch, user: stored.user, factors: stored.missingFactors };
  }

  publish(): void {
    const epoch = this.standing.held;
    if (epoch === undefined) {
      this.held = undefined;
    } else if (this.session?.epoch === epoch) {
      this.held = { epoch, blob: this.session.stored.blob };
    }
    // Otherwise a sign-in has stored its credential and not concluded yet: until it does, the one before goes on.
    const { state } = this.standing;
    const unreachable = state.kind === 'signed_out' && state.reason === 'storage_unavailable';
    const persistence = this.unsaved || unreachable ? 'memory_only' : this.vault.persistence;
    const { number } = this.change;
    if (JSON.stringify([state, persistence]) !== JSON.stringify([this.change.state, this.change.persistence])) {
      this.change = { number: number + 1, state, persistence };
      this.host.published(this.change);
    }
  }

  private follow(record: StoredRecord): void {
    const own = this.session?.stored.blob;
    const endedThere = own !== undefined && record.revocations.includes(own);
    this.queue(record.revocations);
    const { session } = record;
    if (session ? session.blob === own || !this.revocations.includes(session.blob) : endedThere) {
      this.adopt(session);
    }
  }

  /** Holds what the other process left. */
  private adopt(session: StoredSession | undefined): void {
    const held = this.session;
    if (!session) {
      if (held) {
        this.session = undefined;
        this.host.forgetCookies();
        this.note({ is: 'SignedOut' });
      }
      return;
    }
    const isSame = held?.stored.blob === session.blob;
    if (isSame && held.stored.user && !held.stored.missingFactors) {
      return;
    }
    if (!isSame) {
      this.host.forgetCookies();
    }
    this.note({ is: 'Adopted', ...this.hold(session, isSame ? held.epoch : this.nextEpoch()) });
  }

  /** Replaces what another process wrote: its sessions are to be revoked, but for the one that is held here. */
  private overrule({ session, revocations }: StoredRecord): void {
    const theirs = session ? [...revocations, session.blob] : revocations;
    this.queue(theirs.filter((blob) => blob !== this.session?.stored.blob));
  }

  private queue(blobs: string[]): void {
    this.revocations = [...new Set([...this.revocations, ...blobs])];
  }
}

/** What the store had against it. */
function failureOf(work: () => void): StoreFailure | undefined {
  try {
    work();
    return undefined;
  } catch (failure) {
    return failure as StoreFailure;
  }
}
