/** The headers that authorize one request which the app sends by itself. */

import { misused } from './errors';
import type { NativeAuthorization } from './NativeAppwriteSession';

const numbers = new WeakMap<Authorization, { client: number; number: number }>();

/**
 * The headers that authorize one request which the app sends by itself.
 *
 * They are for the URL that was asked about only: a client that follows redirects must not take them along to another origin. They
 * don't show when this is logged or written as JSON.
 */
export interface Authorization {
  /** The headers with the credential, to be put on the request as they are; for `Cookie`, in place of one that is there. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The native side's authorization, of the client with that number. */
export function toAuthorization(client: number, native: NativeAuthorization): Authorization {
  const headers = Object.freeze(Object.fromEntries(native.headers.map(({ name, value }) => [name, value])));
  const authorization = Object.defineProperty({}, 'headers', { value: headers, enumerable: false }) as Authorization;
  numbers.set(authorization, { client, number: native.authorization });
  return authorization;
}

/** The number by which the native side knows it. */
export function numberOf(client: number, authorization: Authorization): number {
  const known = numbers.get(authorization);
  if (known?.client !== client) throw misused('an authorization can only be reported to the client that made it');
  return known.number;
}
