/** The URLs that open the app: by whatever route one comes, each client is offered it once, and the one whose sign-in it completes takes it. */

import { AppState, Linking } from 'react-native';

import { SessionError } from './errors';
import native from './NativeAppwriteSession';

/** What became of a URL: it was taken, it is none of the client's, or it is to be offered again because nothing could be sent. */
export type Taking = 'taken' | 'foreign' | 'again';

/** Takes callbacks: a client. */
export interface Receiver {
  /** Takes a URL that has opened the app. Does not fail. */
  take(url: string): Promise<Taking>;
}

/** A URL that nobody has taken yet. */
interface Link {
  readonly url: string;
  /** Who is to be offered it again. */
  readonly again: Set<Receiver>;
}

/** How many URLs are remembered. Further ones take the places of the oldest. */
const MOST = 8;
/** How long to wait before a URL is offered again. It is also offered again whenever the app comes to the foreground. */
const DELAYS_MS = [2_000, 10_000, 30_000];

const FOREIGN: readonly (string | undefined)[] = ['foreign', 'malformed', 'unexpected', 'replayed'];
const QUIET: readonly string[] = ['superseded', 'closed'];

/**
 * What the failure of a completion means for the URL: it is none of this sign-in (`foreign`), nothing could be sent so that it can be tried `again`,
 * it was used for nothing because the user has decided otherwise meanwhile (`over`), or it `failed`.
 */
export function fateOf(error: unknown): 'foreign' | 'again' | 'over' | 'failed' {
  if (!(error instanceof SessionError)) return 'failed';
  if (error.code === 'callback_rejected' && FOREIGN.includes(error.detail)) return 'foreign';
  if (QUIET.includes(error.code)) return 'over';
  return error.isRetryable && !error.mayHaveArrived ? 'again' : 'failed';
}

/** The URLs and who takes them, for the whole app. */
class Callbacks {
  private readonly receivers = new Set<Receiver>();
  private links: readonly Link[] = [];
  /** The last URLs, the taken ones included: one that comes by several routes is offered once. */
  private seen: readonly string[] = [];
  private isStarted = false;

  /** Offers every URL to `receiver`: those that wait, and those that come. Returns a function that stops it. */
  follow(receiver: Receiver): () => void {
    this.receivers.add(receiver);
    for (const link of this.links) void this.offer(link, receiver);
    this.start();
    return () => {
      this.receivers.delete(receiver);
    };
  }

  /** Asks the native side for a URL that came while nobody waited, and offers again what could not be sent. */
  look(): void {
    ask(() => native.takeCallback(), this.open);
    for (const link of this.links) this.offerAgain(link);
  }

  /** A URL has opened the app. */
  private readonly open = (url: unknown): void => {
    if (typeof url !== 'string' || url === '' || this.seen.includes(url)) return;
    this.seen = [...this.seen, url].slice(-MOST);
    const link: Link = { url, again: new Set() };
    this.links = [...this.links, link].slice(-MOST);
    for (const receiver of this.receivers) void this.offer(link, receiver);
  };

  private start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    // For as long as the app lives, so nothing is removed.
    Linking.addEventListener('url', ({ url }) => {
      this.open(url);
    });
    AppState.addEventListener('change', (state) => {
      if (state === 'active') this.look();
    });
    ask(() => Linking.getInitialURL(), this.open);
    this.look();
  }

  private async offer(link: Link, receiver: Receiver, times = 0): Promise<void> {
    switch (await receiver.take(link.url)) {
      case 'taken':
        this.links = this.links.filter((other) => other !== link);
        break;
      case 'again':
        this.waitFor(link, receiver, times);
        break;
    }
  }

  private waitFor(link: Link, receiver: Receiver, times: number): void {
    link.again.add(receiver);
    const delay = DELAYS_MS[times];
    if (delay === undefined) return;
    setTimeout(() => {
      this.offerAgain(link, times + 1);
    }, delay);
  }

  /** `times` is how often a timer has offered it. From the foreground on, no timer offers it again. */
  private offerAgain(link: Link, times = DELAYS_MS.length): void {
    const receivers = [...link.again].filter((receiver) => this.receivers.has(receiver));
    link.again.clear();
    if (!this.links.includes(link)) return;
    for (const receiver of receivers) void this.offer(link, receiver, times);
  }
}

/** Asks for a URL. Where there is none to be had, as in some tests of apps, there is none. */
function ask(question: () => Promise<string | null>, answer: (url: unknown) => void): void {
  const asked = async () => question();
  asked().then(answer, () => undefined);
}

/** The one of the app. */
export const callbacks = new Callbacks();
