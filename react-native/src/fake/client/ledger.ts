/** The session of one client: decides by `state.ts`, saves, and publishes after that. Nothing here waits. */

import { readBlob } from '../world/credential';
import { StoreFailure } from '../world/device';
import type { SessionEvent, Snapshot, State } from './state';
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
  userId: string;
}

/** What the ledger calls. */
export interface LedgerHost {
  /** There is work: to save, or to revoke a session at Appwrite. */
  nudge: () => void;
  /** Removes the gateways' cookies, so that the calls of the next user are not sent with them. */
  forgetCookies: () => void;
  published: (change: Published) => void;
}

/** The session of one client. */
export class Ledger {
  snapshot: Snapshot = RESTORING;
  session: { epoch: number; stored: StoredSession } | undefined;
  /** Credentials that must still be revoked at Appwrite. */
  revocations: string[] = [];
  /** Counts sign-outs, so that a sign-in notices that a sign-out overtook it. */
  signOuts = 0;
  /** Whether the store lacks what is in memory. */
  unsaved = false;
  /** Whether the store had the session and does not have it any more. */
  vanished = false;
  change: Published;
  /** The credential that calls carry. */
  held: Held | undefined;
  /** Whether the store's content is not known yet. */
  private unread = true;
  private lastEpoch = 0;

  constructor(
    readonly vault: Vault,
    private readonly host: LedgerHost,
  ) {
    this.change = { number: 0, state: RESTORING.state, persistence: vault.persistence };
  }

  /** Begins again, as after a start of the app: nothing is known. Numbers are not used again. */
  restart(): void {
    Object.assign(this, { session: undefined, revocations: [], unsaved: false, vanished: false, unread: true });
    this.signOuts += 1;
    this.snapshot = RESTORING;
    this.publish();
  }

  nextEpoch(): number {
    return ++this.lastEpoch;
  }

  /** The session if it is still the one of that number. */
  sessionOf(epoch: number): StoredSession | undefined {
    return this.session?.epoch === epoch ? this.session.stored : undefined;
  }

  /** Reads the store, if its content is still unknown and no sign-in or sign-out came before. */
  restore(): void {
    if (!this.unread || !awaitsStore(this.snapshot)) {
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

  /** Reads the record. `unmarked` says that it does not name this installation. */
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
      // After a new installation nobody is signed in. The session of the earlier installation is revoked.
      this.revocations = session ? [...revocations, session.blob] : revocations;
      return { event: { is: 'StoreEmpty' }, unmarked: true };
    }
    this.revocations = revocations;
    const unmarked = installation === undefined;
    return session
      ? { event: { is: 'Restored', ...this.hold(session, this.nextEpoch()) }, unmarked }
      : { event: { is: 'StoreEmpty' }, unmarked };
  }

  /** Applies an event, saves, and then publishes. Returns the failure of the store, if there is one. */
  commit(event: SessionEvent): StoreFailure | undefined {
    // This comes first, because an event about a session that another process has replaced changes nothing.
    const unread = this.reconcile(event.is === 'SignedIn' || event.is === 'SignedOut');
    this.snapshot = transition(this.snapshot, event);
    const failure = this.write(unread);
    this.publish();
    return failure;
  }

  /** Applies an event where the stored record stays as it is. */
  note(event: SessionEvent): void {
    this.snapshot = transition(this.snapshot, event);
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
    // What only this process knows, because the store was unread or failed, is newer than the store's record.
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
    const epoch = this.snapshot.held;
    if (epoch === undefined) {
      this.held = undefined;
    } else if (this.session?.epoch === epoch) {
      const { blob } = this.session.stored;
      this.held = { epoch, blob, userId: readBlob(blob)?.userId ?? '' };
    }
    // Otherwise a sign-in has stored its credential and is not complete yet. Until then, the credential before it is used.
    const { state } = this.snapshot;
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

  /** Takes over the session that another process stored. */
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

  /** Replaces the record of another process: its sessions will be revoked, except the one that this process holds. */
  private overrule({ session, revocations }: StoredRecord): void {
    const theirs = session ? [...revocations, session.blob] : revocations;
    this.queue(theirs.filter((blob) => blob !== this.session?.stored.blob));
  }

  private queue(blobs: string[]): void {
    this.revocations = [...new Set([...this.revocations, ...blobs])];
  }
}

/** The failure of the store, if there is one. */
function failureOf(work: () => void): StoreFailure | undefined {
  try {
    work();
    return undefined;
  } catch (failure) {
    return failure as StoreFailure;
  }
}
