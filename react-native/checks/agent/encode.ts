/**
 * Encodes states, results and errors of the TypeScript API for the conductor, with the names that all languages share.
 */

import type { Account, Session, SessionState, User } from '../../src';
import { SessionError } from '../../src';

function user(user: User) {
  return { id: user.id, name: user.name, email: user.email };
}

/** A state, with the names of the README. */
export function state(state: SessionState) {
  switch (state.kind) {
    case 'restoring':
      return { kind: 'restoring' };
    case 'storageLocked':
      return { kind: 'storage_locked' };
    case 'signedOut':
      return { kind: 'signed_out', reason: state.reason };
    case 'mfaRequired':
      return { kind: 'mfa_required', factors: state.factors };
    case 'signedIn':
      return { kind: 'signed_in', user: state.user ? user(state.user) : null, verified: state.verified };
  }
}

/** The members of an account that the scenarios compare. */
export function account(account: Account) {
  return {
    ...user(account.user),
    emailVerified: account.emailVerified,
    mfaEnabled: account.mfaEnabled,
    preferences: account.preferences,
  };
}

/** The members of a session that the scenarios compare. */
export function session(session: Session) {
  return { id: session.id, userId: session.userId, provider: session.provider, current: session.current };
}

/** A gateway's answer: the body as JSON, or as text. */
export function response(status: number, text: string) {
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // It is text.
  }
  return { status, body };
}

/** An error of the library. Anything else is encoded as an error that no scenario expects. */
export function error(thrown: unknown) {
  if (!(thrown instanceof SessionError)) {
    return { code: `not a SessionError: ${String(thrown)}` };
  }
  return {
    code: thrown.code,
    retryable: thrown.isRetryable,
    retryAfterMs: thrown.retryAfterMs ?? null,
    status: thrown.status ?? null,
    type: thrown.appwriteType ?? null,
    reason: thrown.reason ?? null,
    origin: thrown.origin ?? null,
    detail: thrown.detail ?? null,
  };
}
