/** One login to Appwrite, kept safely on the device, carried to every call of the app's own API gateway. */

export type { Authorization, Verdict } from './authorization';
export { authorizeAxios, type AxiosLike } from './axios';
export { createSessionClient } from './client';
export type { Carrier, Gateway, Presence, SessionConfig, Timeouts } from './config';
export { SessionError, type FailureCause, type SessionErrorCode } from './errors';
export type { Fetch, FetchInit, FetchResponse } from './fetch/fetch';
export type { Account, Import, ImportOutcome, MfaChallenge, Session } from './models';
export type { Problem } from './problem';
export { SessionProvider, type SessionProviderProps } from './react/provider';
export { useSession, useSessionState } from './react/hooks';
export type { SessionClient } from './session-client';
export type { Change, Factor, Persistence, SessionState, SignedOutReason, User } from './state';
