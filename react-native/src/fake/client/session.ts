/** The session of one client: signing in and out, importing a legacy session, and calls of Appwrite's account API. */

import type { NativeAccount, NativeMfaChallenge, NativeSession } from '../../NativeAppwriteSession';
import type { StoreFailure } from '../world/device';
import type { SignIn } from './api';
import { userOf } from './api';
import { Failure, closed, isOf, readOnly, signedOut, storageLocked, storageUnavailable, superseded } from './failure';
import { Keeper } from './keeper';
import type { Held } from './ledger';
import { findLegacy } from './legacy';

/** A credential that a sign-in has brought. */
type NewlyHeld = Pick<Held, 'epoch' | 'blob'>;

/** The session of one client. */
export class Session extends Keeper {
  async signUp(email: string, password: string, name: string | null): Promise<NativeAccount> {
    if (this.tasks.isClosed) {
      throw closed();
    }
    return this.api.createAccount(email, password, name);
  }

  async signIn(signIn: SignIn): Promise<void> {
    this.checkWritable();
    return this.tasks.run(async () => {
      await this.readyForSession();
      const { signOuts } = this.ledger;
      const { blob, sessionId } = await this.api.createSession(signIn);
      await this.conclude(this.keep(blob, sessionId, signOuts));
    });
  }

  /** Stores the new credential, before anything else is done with it. */
  private keep(blob: string, sessionId: string, signOuts: number): NewlyHeld {
    const { ledger } = this;
    if (ledger.signOuts !== signOuts) {
      ledger.revocations.push(blob);
      ledger.save(true);
      this.nudge();
      throw superseded();
    }
    if (ledger.session) {
      ledger.revocations.push(ledger.session.stored.blob);
    }
    const epoch = ledger.nextEpoch();
    ledger.hold({ blob, sessionId, user: undefined, missingFactors: undefined }, epoch);
    this.around.forgetCookies();
    ledger.save(true);
    return { epoch, blob };
  }

  /** Asks Appwrite for the user, and publishes the result as one change. */
  private async conclude({ epoch, blob }: NewlyHeld): Promise<void> {
    const { ledger } = this;
    this.attendance?.confirm(Date.now());
    const answer = await this.api.account(blob).catch((failure: unknown) => failure as Failure);
    const isPending = answer instanceof Failure && answer.isMfaPending;
    const factors = isPending ? await this.api.factors(blob) : undefined;
    const session = ledger.sessionOf(epoch);
    if (!session) {
      throw superseded();
    }
    session.user = answer instanceof Failure ? undefined : userOf(answer);
    session.missingFactors = factors;
    const verified = !(answer instanceof Failure);
    ledger.commit({ is: 'SignedIn', epoch, user: session.user, verified, factors });
    if (ledger.revocations.length > 0) {
      this.nudge();
    }
    if (answer instanceof Failure && answer.isGuest) {
      this.endSession(epoch);
      throw signedOut('session_ended');
    }
  }

  async createChallenge(factor: string): Promise<NativeMfaChallenge> {
    const held = await this.heldOrPending();
    return this.tasks.run(() => this.probed(held, this.api.createChallenge(factor, held.blob)));
  }

  async answerChallenge(id: string, code: string): Promise<void> {
    this.checkWritable();
    const held = await this.heldOrPending();
    return this.tasks.run(async () => {
      await this.probed(held, this.api.answerChallenge(id, code, held.blob));
      const session = this.ledger.sessionOf(held.epoch);
      const answer = await this.asked(held);
      if (!(answer instanceof Failure)) {
        return;
      }
      if (isOf(answer, 'signed_out') || isOf(answer, 'mfa_required')) {
        throw answer;
      }
      // The factor was accepted. Only the account could not be read.
      if (session) {
        session.missingFactors = undefined;
        const known = { epoch: held.epoch, user: session.user, factors: undefined };
        this.ledger.commit({ is: 'SignedIn', verified: false, ...known });
      }
    });
  }

  async signOut(): Promise<void> {
    this.checkWritable();
    return this.tasks.run(async () => {
      const { ledger } = this;
      await this.ready;
      ledger.restore();
      if (ledger.session) {
        ledger.revocations.push(ledger.session.stored.blob);
        ledger.session = undefined;
      }
      const failure = this.end();
      this.nudge();
      throwStore(failure);
    });
  }

  async signOutEverywhere(): Promise<void> {
    this.checkWritable();
    const held = await this.admitted();
    return this.tasks.run(async () => {
      await this.probed(held, this.api.deleteSessions(held.blob));
      if (this.ledger.sessionOf(held.epoch)) {
        this.ledger.session = undefined;
        throwStore(this.end());
      }
    });
  }

  /** Applies a sign-out. */
  private end(): StoreFailure | undefined {
    this.ledger.signOuts += 1;
    this.around.forgetCookies();
    return this.ledger.commit({ is: 'SignedOut' });
  }

  async importLegacy(legacy: string): Promise<string> {
    this.checkWritable();
    const blob = findLegacy(legacy, this.around.project);
    if (blob === undefined) {
      return 'nothing_found';
    }
    return this.tasks.run(async () => {
      await this.readyForSession();
      return this.takeOver(blob);
    });
  }

  private takeOver(blob: string): string {
    const { ledger } = this;
    throwStore(ledger.reconcile(false));
    if (ledger.session) {
      return ledger.session.stored.blob === blob ? 'already_held' : 'declined';
    }
    if (ledger.revocations.includes(blob)) {
      // The user has signed out of this session on this device.
      return 'already_held';
    }
    if (ledger.vault.persistence === 'memory_only') {
      throw storageUnavailable();
    }
    const epoch = ledger.nextEpoch();
    const known = ledger.hold({ blob, sessionId: '', user: undefined, missingFactors: undefined }, epoch);
    const failure = ledger.write(undefined);
    if (failure) {
      // Nothing is lost: the legacy session is still where Appwrite's SDK stored it.
      ledger.session = undefined;
      ledger.unsaved = ledger.revocations.length > 0;
      throwStore(failure);
    }
    ledger.note({ is: 'Adopted', ...known });
    return 'imported';
  }

  private checkWritable(): void {
    if (this.ledger.vault.readOnly) {
      throw readOnly();
    }
  }

  async account(): Promise<NativeAccount> {
    const held = await this.heldOrPending();
    await this.admit();
    return this.tasks.run(async () => {
      const answer = await this.asked(held);
      if (answer instanceof Failure) {
        throw answer;
      }
      return answer;
    });
  }

  async sessions(): Promise<NativeSession[]> {
    const held = await this.admitted();
    return this.probed(held, this.api.sessions(held.blob));
  }

  async currentSession(): Promise<NativeSession> {
    const held = await this.admitted();
    return this.probed(held, this.api.currentSession(held.blob));
  }

  async extendSession(): Promise<NativeSession> {
    const held = await this.admitted();
    return this.tasks.run(() => this.probed(held, this.api.extendSession(held.blob)));
  }

  async revokeSession(id: string): Promise<void> {
    const held = await this.admitted();
    if (id === 'current' || this.ledger.sessionOf(held.epoch)?.sessionId === id) {
      return this.signOut();
    }
    return this.tasks.run(async () => {
      const deleted = this.api.deleteSession(id, held.blob).catch((failure: unknown) => {
        // A session that does not exist any more is revoked already.
        if (!(failure instanceof Failure && failure.isGone && !failure.isGuest)) {
          throw failure;
        }
      });
      await this.probed(held, deleted);
    });
  }
}

function throwStore(failure: StoreFailure | undefined): void {
  if (failure) {
    throw failure.fault === 'locked' ? storageLocked() : storageUnavailable();
  }
}
