/** The sign-in in the browser of one client: by the native screen or by the system's browser, completed once by whatever route its callback comes. */

import { Linking } from 'react-native';

import { fateOf, type Receiver, type Taking } from '../callbacks';
import { SessionError } from '../errors';
import type { OAuth2Options, OAuth2Start } from '../operations/models';
import type { WaysToSignIn } from '../operations/sign-in';
import { onReturn } from './back';
import { CANCELLED, type SignInOutcome } from './outcome';
import { faultOf, screenFailed, show } from './screen';

/** How long after the browser has opened the same call counts as a double tap. */
const DOUBLE_TAP_MS = 1_000;

/** A call that waits for the callback of its sign-in. */
class Waiting {
  isSettled = false;
  readonly outcome: Promise<SignInOutcome>;
  private resolve!: (outcome: SignInOutcome | Promise<SignInOutcome>) => void;

  constructor() {
    this.outcome = new Promise((resolve) => {
      this.resolve = resolve;
    });
    // Whoever waits handles it. It may fail before anybody does.
    this.outcome.catch(() => undefined);
  }

  settle(outcome: SignInOutcome | Promise<SignInOutcome>): void {
    this.isSettled = true;
    this.resolve(outcome);
  }
}

/** The sign-in in the browser of one client. There is one at a time. */
export class BrowserSignIn implements Receiver {
  private waiting: Waiting | undefined;
  /** The URLs that are being completed. */
  private readonly completing = new Map<string, Promise<SignInOutcome>>();

  /** `failed` gets what went wrong with a callback that no call waits for. */
  constructor(
    private readonly ways: Pick<WaysToSignIn, 'beginOAuth2' | 'completeOAuth2' | 'cancelOAuth2'>,
    private readonly failed: (error: SessionError) => void,
  ) {}

  /** See `SessionClient.completeOAuth2`. A URL that is being completed is not completed a second time: the caller gets the same outcome. */
  complete(url: string): Promise<SignInOutcome> {
    const running = this.completing.get(url);
    if (running) return running;
    const completing = this.ways.completeOAuth2(url).finally(() => this.completing.delete(url));
    this.completing.set(url, completing);
    completing.then(
      () => this.waiting?.settle(completing),
      (error: unknown) => {
        if (fateOf(error) !== 'foreign') this.waiting?.settle(completing);
      },
    );
    return completing;
  }

  /** Takes a URL that has opened the app. */
  async take(url: string): Promise<Taking> {
    try {
      await this.complete(url);
      return 'taken';
    } catch (error) {
      const fate = fateOf(error);
      if (fate === 'foreign') return fate;
      // Whoever waits is told, and can begin anew.
      if (this.waiting) return 'taken';
      if (fate === 'failed') this.failed(error as SessionError);
      return fate === 'again' ? fate : 'taken';
    }
  }

  /** See `SessionClient.signInWithOAuth2`. `mayLeave` is that of `inTurn`. */
  async signIn(
    provider: string,
    options: OAuth2Options | undefined,
    mayLeave: (leave: () => void) => void,
  ): Promise<SignInOutcome> {
    const start = await this.ways.beginOAuth2(provider, options);
    const waiting = new Waiting();
    this.waiting = waiting;
    try {
      return await this.answer(start, waiting, mayLeave);
    } finally {
      if (this.waiting === waiting) this.waiting = undefined;
    }
  }

  /** The client was closed, or has started anew: a call that waits is not answered any more. */
  end(): void {
    const { waiting } = this;
    if (!waiting || waiting.isSettled) return;
    waiting.settle(Promise.reject(new SessionError('closed', 'the client is closed')));
  }

  private async answer(
    start: OAuth2Start,
    waiting: Waiting,
    mayLeave: (leave: () => void) => void,
  ): Promise<SignInOutcome> {
    const { url, callbackScheme } = start;
    let shown: { url: string } | undefined;
    try {
      shown = await show('browser', { url, callbackScheme });
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'not_linked' || fault === 'not_supported') return this.answerByLink(url, waiting, mayLeave);
      // After an interruption, or the end of the client, the browser may still be open, and its callback still come.
      if (fault !== undefined && fault !== 'interrupted') await this.ways.cancelOAuth2();
      throw error;
    }
    if (shown && !waiting.isSettled) return this.complete(shown.url);
    await this.settled();
    if (waiting.isSettled) return waiting.outcome;
    await this.ways.cancelOAuth2();
    return CANCELLED;
  }

  /** Opens the system's browser. The callback comes as a link. */
  private async answerByLink(
    url: string,
    waiting: Waiting,
    mayLeave: (leave: () => void) => void,
  ): Promise<SignInOutcome> {
    // Who comes back without a callback can go on in the browser, which is still open, so the sign-in is not forgotten.
    const giveUp = () => {
      if (!waiting.isSettled) waiting.settle(CANCELLED);
    };
    let opened: ReturnType<typeof setTimeout> | undefined;
    const stop = onReturn(() => void this.settled().then(giveUp));
    try {
      await open(url);
      // Until then it is a double tap, which joins.
      opened = setTimeout(() => {
        mayLeave(giveUp);
      }, DOUBLE_TAP_MS);
      return await waiting.outcome;
    } catch (error) {
      if (faultOf(error) !== undefined) await this.ways.cancelOAuth2();
      throw error;
    } finally {
      stop();
      clearTimeout(opened);
    }
  }

  /** Waits until no URL is being completed. */
  private async settled(): Promise<void> {
    await Promise.allSettled(this.completing.values());
  }
}

/** The text of a failure is not kept: it contains the URL. */
async function open(url: string): Promise<void> {
  try {
    await Linking.openURL(url);
  } catch {
    throw screenFailed('not_supported');
  }
}
