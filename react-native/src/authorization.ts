/** Authorizations: headers for requests that the app sends by itself, and what a 401 to such a request means. */

import { configError } from './errors';
import type { NativeAuthorization } from './NativeAppwriteSession';

/** The numbers by which the native side knows the authorizations. */
const numbers = new WeakMap<Authorization, { client: number; number: number }>();

/**
 * The headers that authorize one request which the app sends by itself.
 *
 * They are for the URL that was asked about only: an HTTP client that follows redirects must not send them to another origin. They
 * are not shown when this object is logged or written as JSON.
 */
export interface Authorization {
  /** The headers with the credential. Set them on the request unchanged. A `Cookie` header replaces one that is there. */
  readonly headers: Readonly<Record<string, string>>;
  /** The id of the user whom the credential names. */
  readonly userId: string;
}

/** Every verdict, by its stable name. */
export const verdicts = [
  'try_again',
  'session_lives',
  'mfa_required',
  'signed_out',
  'other_user',
  'undecided',
] as const;

/**
 * What a gateway's 401 to an authorized request means. The names are the same in every language.
 *
 * | verdict | meaning |
 * |---|---|
 * | `try_again` | The same user has another credential by now. Authorize the request again, and send it once more if it is idempotent. |
 * | `session_lives` | Appwrite accepts the credential: the 401 is the gateway's own decision. Sending the request again does not help. |
 * | `mfa_required` | The session needs a second factor. |
 * | `signed_out` | Nobody is signed in any more. |
 * | `other_user` | Another user is signed in by now. The request was not that user's: do not send it again. |
 * | `undecided` | Appwrite could not be asked, was asked a moment ago already, or its answer decides nothing. The session is kept. |
 */
export type Verdict = (typeof verdicts)[number];

/** Converts the native side's authorization. `client` is the number of the client that made it. */
export function toAuthorization(client: number, native: NativeAuthorization): Authorization {
  const headers = Object.freeze(Object.fromEntries(native.headers.map(({ name, value }) => [name, value])));
  const authorization = Object.defineProperties({} as Authorization, {
    headers: { value: headers, enumerable: false },
    userId: { value: native.userId, enumerable: true },
  });
  numbers.set(authorization, { client, number: native.authorization });
  return authorization;
}

/** The number by which the native side knows an authorization. */
export function numberOf(client: number, authorization: Authorization): number {
  const found = numbers.get(authorization);
  if (found?.client !== client) {
    throw configError('an authorization can only be reported to the client that made it');
  }
  return found.number;
}

/** Converts the native side's verdict. A verdict that this version does not know decides nothing. */
export function toVerdict(verdict: string): Verdict {
  return verdicts.find((each) => each === verdict) ?? 'undecided';
}
