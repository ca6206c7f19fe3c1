/** The published changes of a client, and their listeners. */

import { toChange, type Change } from './state';
import type { NativeChange } from './NativeAppwriteSession';

/**
 * The changes of one client. They come from two sources: the events of the native side, which are complete but arrive a moment later,
 * and the native side's last change, which is read when a call has ended. So the state is at least as new as the result of a call.
 */
export class Changes {
  private latest: Change;
  private readonly listeners = new Set<() => void>();
  private readonly streams = new Set<(change: Change) => void>();

  constructor(first: NativeChange) {
    this.latest = toChange(first);
  }

  /** The last change. It is the same object until the next change. */
  get last(): Change {
    return this.latest;
  }

  /** Publishes the native side's last change, if it is newer than the one that is known. */
  update(native: NativeChange): void {
    if (native.number <= this.latest.number) return;
    const next = toChange(native);
    const state = same(next.state, this.latest.state) ? this.latest.state : next.state;
    this.latest = Object.freeze({ ...next, state });
    for (const listener of this.listeners) notify(listener);
  }

  /** Handles an event of the native side. */
  next(native: NativeChange): void {
    this.update(native);
    const change = toChange(native);
    for (const stream of this.streams) stream(change);
  }

  /** See `SessionClient.subscribe`. */
  subscribe(listener: () => void): () => void {
    // One entry for each call: a listener that is added twice is called twice, and each removal removes one of them.
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
    let last = this.latest.number;
    const entry = (change: Change) => {
      if (change.number <= last) return;
      last = change.number;
      notify(() => {
        listener(change);
      });
    };
    this.streams.add(entry);
    notify(() => {
      listener(this.latest);
    });
    return () => {
      this.streams.delete(entry);
    };
  }

  /** Removes all listeners. */
  close(): void {
    this.listeners.clear();
    this.streams.clear();
  }
}

/** Calls a listener of the app. An exception of one listener must not prevent the others from being called. */
export function notify(listener: () => void): void {
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
