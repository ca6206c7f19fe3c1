/** What a client has published: the last change, who listens to it, and the stream of all of them. */

import { toChange, type Change } from './state';
import type { NativeChange } from './NativeAppwriteSession';

/**
 * The changes of one client, from two sources: the events of the native side, which skip none but come a moment later, and its last
 * change, which is read whenever a call is settled, so that the state is never behind a result.
 */
export class Changes {
  private latest: Change;
  private readonly listeners = new Set<() => void>();
  private readonly streams = new Set<(change: Change) => void>();

  constructor(first: NativeChange) {
    this.latest = toChange(first);
  }

  /** The last change. The same object until there is another. */
  get last(): Change {
    return this.latest;
  }

  /** Publishes what the native side said last, if that is news. */
  settle(native: NativeChange): void {
    if (native.number <= this.latest.number) return;
    const next = toChange(native);
    const state = same(next.state, this.latest.state) ? this.latest.state : next.state;
    this.latest = Object.freeze({ ...next, state });
    for (const listener of this.listeners) tell(listener);
  }

  /** Takes the next event. */
  next(native: NativeChange): void {
    this.settle(native);
    const change = toChange(native);
    for (const stream of this.streams) stream(change);
  }

  /** See `SessionClient.subscribe`. */
  subscribe(listener: () => void): () => void {
    // One entry for each call, so that a listener that was given twice is told twice and ended once.
    const entry = () => {
      listener();
    };
    this.listeners.add(entry);
    return () => {
      this.listeners.delete(entry);
    };
  }

  /** See `SessionClient.changes`. */
  stream(listener: (change: Change) => void): () => void {
    let told = this.latest.number;
    const entry = (change: Change) => {
      if (change.number <= told) return;
      told = change.number;
      tell(() => {
        listener(change);
      });
    };
    this.streams.add(entry);
    tell(() => {
      listener(this.latest);
    });
    return () => {
      this.streams.delete(entry);
    };
  }

  /** Ends all listening. */
  close(): void {
    this.listeners.clear();
    this.streams.clear();
  }
}

/** Calls a listener of the app. What it throws is the app's, and must not keep the others from being told. */
function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    setTimeout(() => {
      throw error;
    }, 0);
  }
}

function same(one: Change['state'], other: Change['state']): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
