/** The names that Apple gives only at a user's first sign-in, kept in memory until the app ends. */

import { fromBase64 } from '../fetch/base64';
import { decodeUtf8 } from '../fetch/utf8';

/** How many names are kept. */
const MOST = 8;

const names = new Map<string, string>();

/**
 * The name of the user whose ID token this is: `given`, or what Apple gave before. If Appwrite could not be reached the first time, the next sign-in
 * brings the name along. Appwrite keeps it if the user has none.
 */
export function appleName(token: string, given: string | null | undefined): string | undefined {
  const user = subjectOf(token);
  if (user === undefined) return given ?? undefined;
  if (given) {
    names.delete(user);
    names.set(user, given);
    const [oldest] = names.keys();
    if (names.size > MOST && oldest !== undefined) names.delete(oldest);
  }
  return names.get(user);
}

/** Whom an ID token is about. It is read and not checked: Appwrite checks it. */
function subjectOf(token: string): string | undefined {
  const payload = token.split('.')[1] ?? '';
  try {
    const bytes = fromBase64(payload.replace(/-/g, '+').replace(/_/g, '/'));
    const { sub } = JSON.parse(decodeUtf8(bytes)) as { sub?: unknown };
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}
