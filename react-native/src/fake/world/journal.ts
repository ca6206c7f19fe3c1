/** The journal: every request in the fake world. It records the carrier of a request, and never a credential. */

import type { Carrier } from './credential';
import { carriedBy } from './credential';
import type { HttpRequest } from './http';
import { Waiters } from './waiters';

/** One request that arrived. */
export interface Entry {
  /** Counts the requests from 1. */
  readonly number: number;
  /** The sender: the app, or a gateway that asked Appwrite for the user. */
  readonly by: 'app' | 'gateway';
  /** The receiver: `appwrite`, `gateway`, or the origin of another site. */
  readonly to: string;
  readonly method: string;
  readonly url: string;
  readonly path: string;
  /** The carrier of the credential. */
  readonly carrier: Carrier;
  /** How many carriers there were. The client never sends more than one. */
  readonly carriers: number;
  /** The status of the answer; `undefined` before the answer, or if the connection broke. */
  status: number | undefined;
  /** Whether the app hung up before it had the answer. */
  hungUp: boolean;
}

/** All requests since the last clearing. */
export class Journal {
  entries: Entry[] = [];
  private last = 0;
  private readonly waiters = new Waiters();

  /** Notes that a request arrived. */
  note(request: HttpRequest, by: Entry['by'], to: string): Entry {
    const { carrier, carriers } = carriedBy(request.headers);
    const { method, url } = request;
    const number = ++this.last;
    const entry: Entry = {
      ...{ number, by, to, method, url: url.href, path: url.pathname, carrier, carriers },
      status: undefined,
      hungUp: false,
    };
    this.entries.push(entry);
    return entry;
  }

  /** Notes that the app hung up. */
  hungUp(entry: Entry): void {
    entry.hungUp = true;
    this.waiters.look();
  }

  /** Waits until the app has hung up on that many requests. */
  untilHungUp(times: number): Promise<void> {
    return this.waiters.until(() => this.entries.filter((entry) => entry.hungUp).length >= times);
  }
}
