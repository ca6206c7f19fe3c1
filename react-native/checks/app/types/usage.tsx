// What an app writes, and what its compiler must refuse.

import { createSessionClient, SessionError, SessionProvider, useSession } from 'react-native-appwrite-session';
import type {
  FailureCause,
  Problem,
  SessionClient,
  SessionErrorCode,
  SessionState,
  SignedOutReason,
  Verdict,
} from 'react-native-appwrite-session';

export const session: SessionClient = createSessionClient({
  endpoint: 'https://fra.cloud.appwrite.io/v1',
  project: 'my-project',
  gateways: ['https://api.example.com', { url: 'https://live.example.com', carrier: 'fallback_cookies' }],
  responseLimit: 1_000_000,
});

/** Complete: the compiler would miss a state that is forgotten here. */
export function title(state: SessionState): string {
  switch (state.kind) {
    case 'restoring':
    case 'storageLocked':
      return '';
    case 'signedOut':
      return state.reason satisfies SignedOutReason;
    case 'mfaRequired':
      return state.factors.join();
    case 'signedIn':
      return state.user?.name ?? String(state.verified);
  }
}

export function Orders() {
  const { state, signOut, fetch } = useSession();
  void fetch('/orders').then((response) => response.json());
  void signOut();
  return <SessionProvider client={session}>{title(state)}</SessionProvider>;
}

export function code(error: unknown): SessionErrorCode | undefined {
  return error instanceof SessionError ? error.code : undefined;
}

export function why(error: SessionError): [FailureCause | undefined, boolean, Problem | undefined] {
  return [error.failureCause, error.mayHaveArrived, error.problem];
}

export async function cookies(): Promise<string[]> {
  const headers: [string, string][] = [['X-Tag', 'one']];
  const response = await session.fetch('/orders', { headers, idempotent: true, responseLimit: 1000 });
  return response.requireSuccess().headers.getSetCookie();
}

export async function again(): Promise<boolean> {
  const authorization = await session.authorize('/orders');
  const verdict: Verdict = await session.reportUnauthorized(authorization);
  return session.allowsRepetition(verdict, 'GET');
}

// @ts-expect-error -- a verdict has no such name
session.allowsRepetition('maybe', 'GET');
// @ts-expect-error -- there is no password
void session.signInWithEmail('ada@example.com');
// @ts-expect-error -- a reason is there only where nobody is signed in
export const reason = session.state.reason;
// @ts-expect-error -- there are no gateways
createSessionClient({ endpoint: 'https://fra.cloud.appwrite.io/v1', project: 'my-project' });
// @ts-expect-error -- the state has no such name
export const never = session.state.kind === 'signed_in';
