/** One sign-in with a screen at a time, in the whole app. */

import { screenFailed } from './screen';

/** A sign-in with a screen that has not ended. */
interface Turn {
  readonly owner: object;
  readonly name: string;
  result: Promise<unknown>;
  /** Ends it, if another one may take its place. */
  leave?: () => void;
}

let current: Turn | undefined;

/**
 * Does `work`, unless another sign-in with a screen is running: the same one of the same client, as after a double tap, is joined, and beside any
 * other it fails with `screen_failed` (`interrupted`).
 *
 * `work` is given a function that says how its turn is ended early: from then on the next sign-in takes its place.
 */
export function inTurn<T>(
  owner: object,
  name: string,
  work: (mayLeave: (leave: () => void) => void) => Promise<T>,
): Promise<T> {
  if (current?.leave) {
    current.leave();
    current = undefined;
  }
  if (current) {
    const isSame = current.owner === owner && current.name === name;
    return isSame ? (current.result as Promise<T>) : Promise.reject(screenFailed('interrupted'));
  }
  const turn: Turn = { owner, name, result: Promise.resolve() };
  current = turn;
  const result = work((leave) => {
    turn.leave = leave;
  }).finally(() => {
    if (current === turn) current = undefined;
  });
  turn.result = result;
  return result;
}
