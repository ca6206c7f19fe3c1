/** How the operations are performed: by their names, with arguments and results as JSON. This is the one place that writes both. */

import { configError } from '../errors';
import native from '../NativeAppwriteSession';
import type { SessionState } from '../state';

/** What the operations need of their client. */
export interface Bridge {
  /** Performs the operation of that name, and gives its result, which is checked by nobody. */
  readonly perform: (operation: string, ...args: unknown[]) => Promise<unknown>;
  /** Waits for `work`, whose errors become `SessionError`s, and updates the state before the caller continues. */
  readonly call: <T>(work: () => Promise<T>) => Promise<T>;
  /** As `call`, and resolves to the state afterwards. */
  readonly stateAfter: (work: () => Promise<unknown>) => Promise<SessionState>;
  /** The state after the secure store has been read. */
  readonly restored: () => Promise<SessionState>;
}

/** Performs an operation of the client with that number. */
export async function perform(client: number, operation: string, ...args: unknown[]): Promise<unknown> {
  return JSON.parse(await native.call(client, operation, written(args))) as unknown;
}

/** The arguments of an operation as a list in JSON. */
export function written(args: unknown[]): string {
  try {
    return JSON.stringify(args);
  } catch {
    throw configError('the arguments must be values that JSON has: no BigInt, and no object that contains itself');
  }
}

/** Checks that `value` is `true` or `false`; what is not set is `false`. */
export function flag(value: unknown, name: string): boolean {
  if (value != null && typeof value !== 'boolean') {
    throw configError(`${name} must be true or false, but got ${typeof value}`);
  }
  return value ?? false;
}

/** Checks that `value` is an object, and neither a list nor `null`. */
export function object(value: unknown, name: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw configError(`${name} must be an object, such as { theme: 'dark' }`);
  }
  return value;
}
