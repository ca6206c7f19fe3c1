/** Keeps the session of one client: the credential for a call, what Appwrite says about it, and pending work. */

import type { NativeAccount } from '../../NativeAppwriteSession';
import type { FakePresence } from '../world/device';
import type { AppwriteApi } from './api';
import { userOf } from './api';
import { Breaker } from './breaker';
import {
  Failure,
  appwriteUnavailable,
  closed,
  isOf,
  mfaRequired,
  presenceRequired,
  signedOut,
  storageLocked,
  superseded,
} from './failure';
import type { Held, Published } from './ledger';
import { Ledger } from './ledger';
import type { Policy } from './presence';
import { Attendance } from './presence';
import { SingleFlight, Tasks } from './tasks';
import type { Vault } from './vault';

/** What a session uses. */
export interface Surroundings {
  api: AppwriteApi;
  vault: Vault;
  project: string;
  presence: Policy | undefined;
  user: FakePresence;
  forgetCookies: () => void;
  published: (change: Published) => void;
}

/** Keeps the session of one client. */
export class Keeper {
  readonly ledger: Ledger;
  protected readonly tasks = new Tasks();
  protected attendance: Attendance | undefined;
  protected ready: Promise<void>;
  private readonly probes = new SingleFlight<number, boolean>();
  private readonly asking = new SingleFlight<string, boolean>();
  private breaker = new Breaker(Date.now());
  private chores: Promise<void> = Promise.resolve();

  constructor(protected readonly around: Surroundings) {
    const { vault, forgetCookies, published, presence } = around;
    this.ledger = new Ledger(vault, {
      nudge: () => {
        this.nudge();
      },
      forgetCookies,
      published,
    });
    this.attendance = presence && new Attendance(presence);
    this.ready = this.begin();
  }

  protected get api(): AppwriteApi {
    return this.around.api;
  }

  /** Reads the store, a moment later. */
  private async begin(): Promise<void> {
    await Promise.resolve();
    this.ledger.restore();
  }

  /** Begins anew, as after a start of the app. */
  restart(): void {
    const { presence } = this.around;
    this.attendance = presence && new Attendance(presence);
    this.breaker = new Breaker(Date.now());
    this.ledger.restart();
    this.ready = this.begin();
  }

  /** Waits until the store has been read. */
  restored(): Promise<void> {
    return this.ready;
  }

  /** The credential, after the store has been read. Fails with the reason if there is none. */
  async held(): Promise<Held> {
    if (this.tasks.isClosed) {
      throw closed();
    }
    await this.ready;
    if (this.ledger.change.state.kind === 'storage_locked') {
      this.ledger.restore();
    }
    return this.now();
  }

  /** The credential at this moment. Fails with the reason if there is none. */
  now(): Held {
    if (this.tasks.isClosed) {
      throw closed();
    }
    const { state } = this.ledger.change;
    if (state.kind === 'signed_in' && this.ledger.held) {
      return this.ledger.held;
    }
    switch (state.kind) {
      case 'signed_out':
        throw signedOut(state.reason);
      case 'mfa_required':
        throw mfaRequired();
      default:
        throw storageLocked();
    }
  }

  /** The credential, also while a second factor is missing. */
  protected async heldOrPending(): Promise<Held> {
    try {
      return await this.held();
    } catch (failure) {
      if (isOf(failure, 'mfa_required') && this.ledger.held) {
        return this.ledger.held;
      }
      throw failure;
    }
  }

  /** The credential for a call of the app, if the user confirms where that is required. */
  async admitted(): Promise<Held> {
    const held = await this.held();
    await this.admit();
    return held;
  }

  protected async admit(): Promise<void> {
    const { attendance } = this;
    const needs = attendance?.admission(Date.now()) ?? 'granted';
    if (needs === 'granted') {
      return;
    }
    const ask = async () => {
      const confirmed = await this.around.user.confirm();
      if (confirmed) {
        attendance?.confirm(Date.now());
      }
      return confirmed;
    };
    if (needs === 'denied' || !(await this.asking.run('', ask))) {
      throw presenceRequired();
    }
  }

  /** Waits for the store: a sign-in while the store is locked could lose the session that is in it. */
  protected async readyForSession(): Promise<void> {
    try {
      await this.heldOrPending();
    } catch (failure) {
      if (!isOf(failure, 'signed_out')) {
        throw failure;
      }
    }
  }

  // ---- What Appwrite says ----

  /**
   * A gateway answered 401 to a call that was sent with `held`. Asks Appwrite, unless the answer is known already. Whether Appwrite was
   * asked, now or a moment ago, and accepts the credential.
   */
  async arbitrate(held: Held): Promise<boolean> {
    const isHeld = () => this.ledger.held?.epoch === held.epoch;
    if (!isHeld()) {
      return false;
    }
    if (this.breaker.isAlive(held.epoch, Date.now())) {
      return true;
    }
    const probe = async () => {
      // Another process may have signed in again. Then the refused credential is not the current one.
      this.ledger.refresh();
      if (!isHeld()) {
        return false;
      }
      const isAlive = !((await this.asked(held)) instanceof Failure);
      this.breaker.probed(held.epoch, Date.now(), isAlive);
      return isAlive;
    };
    const answered = await this.probes.run(held.epoch, () =>
      this.breaker.admits(held.epoch, Date.now()) ? this.tasks.run(probe) : undefined,
    );
    return answered ?? false;
  }

  /** Sends `GET /account`, and applies the answer. Appwrite can end a session only here. */
  protected async asked(held: Held): Promise<NativeAccount | Failure> {
    const { epoch, blob } = held;
    try {
      const account = await this.api.account(blob);
      this.confirm(epoch, account);
      return account;
    } catch (failure) {
      if (!(failure instanceof Failure)) {
        throw failure;
      }
      if (failure.isMfaPending) {
        this.requireFactors(epoch, await this.api.factors(blob));
        return mfaRequired();
      }
      if (failure.isGuest) {
        this.endSession(epoch);
        return signedOut('session_ended');
      }
      return failure;
    }
  }

  /** Applies that Appwrite has ended the session. */
  protected endSession(epoch: number): void {
    const { ledger } = this;
    // Another process may hold a newer session by now.
    ledger.reconcile(false);
    if (ledger.sessionOf(epoch)) {
      ledger.session = undefined;
      this.around.forgetCookies();
      ledger.commit({ is: 'Ended', epoch });
    }
  }

  private confirm(epoch: number, account: NativeAccount): void {
    const session = this.ledger.sessionOf(epoch);
    if (!session) {
      return;
    }
    const user = userOf(account);
    const isStored = JSON.stringify(session.user) === JSON.stringify(user) && !session.missingFactors;
    session.user = user;
    session.missingFactors = undefined;
    const event = { is: 'Verified', epoch, user } as const;
    if (isStored) {
      this.ledger.note(event);
    } else {
      this.ledger.commit(event);
    }
  }

  private requireFactors(epoch: number, factors: string[]): void {
    const session = this.ledger.sessionOf(epoch);
    if (session) {
      session.missingFactors = factors;
      this.ledger.commit({ is: 'FactorsRequired', epoch, factors });
    }
  }

  /** The result of a call other than `GET /account`. A refusal that could mean the end of the session is checked by a probe first. */
  protected async probed<T>(held: Held, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (failure) {
      if (!(failure instanceof Failure) || !(failure.isGuest || failure.isMfaPending)) {
        throw failure;
      }
      if (this.ledger.held?.epoch !== held.epoch) {
        await this.held();
        throw superseded();
      }
      const answer = await this.asked(held);
      if (answer instanceof Failure) {
        throw answer;
      }
      // Appwrite's answers contradict each other, so nothing is decided.
      throw failure.isGuest ? appwriteUnavailable(401) : failure;
    }
  }

  // ---- Pending work ----

  /** Retries all pending work now. */
  async resume(): Promise<void> {
    this.attendance?.comeBack(Date.now());
    if (!this.tasks.isClosed) {
      await this.catchUp();
    }
  }

  /** The app went to the background. */
  pause(): void {
    this.attendance?.leave(Date.now());
  }

  /** Does the pending work in the background. */
  nudge(): void {
    if (!this.tasks.isClosed) {
      // What fails is retried by the next call of this function.
      this.catchUp().catch(() => undefined);
    }
  }

  private catchUp(): Promise<void> {
    const before = this.chores;
    this.chores = this.tasks.run(async () => {
      await before.catch(() => undefined);
      await this.ready;
      const { ledger } = this;
      ledger.restore();
      ledger.refresh();
      await this.recover();
      if (ledger.unsaved) {
        ledger.save();
        ledger.publish();
      }
      for (const blob of ledger.revocations) {
        await this.revoke(blob);
      }
    });
    return this.chores;
  }

  /** If the record of the session has vanished, asks Appwrite. If the session has not ended, it is stored again. */
  private async recover(): Promise<void> {
    const { ledger } = this;
    if (!ledger.vanished) {
      return;
    }
    ledger.vanished = false;
    if (ledger.held) {
      await this.arbitrate(ledger.held);
    }
    ledger.vanished = false;
    if (ledger.session) {
      ledger.write(undefined);
      ledger.publish();
    }
  }

  private async revoke(blob: string): Promise<void> {
    try {
      await this.api.deleteSession('current', blob);
    } catch (failure) {
      if (!(failure instanceof Failure && failure.isGone)) {
        return;
      }
    }
    const { ledger } = this;
    ledger.revocations = ledger.revocations.filter((waiting) => waiting !== blob);
    ledger.save();
    ledger.publish();
  }

  /** Waits until no work is running, also in the background. */
  async idle(): Promise<void> {
    await this.ready;
    await this.tasks.idle();
  }

  /** Accepts no work from now on, and waits for the work that is running. */
  async close(): Promise<void> {
    this.tasks.isClosed = true;
    await this.tasks.idle();
  }
}
