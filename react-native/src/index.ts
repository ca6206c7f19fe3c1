/** One login to Appwrite, kept safely on the device, carried to every call of the app's own API gateway. */

export { createAccounts, type Accounts, type AccountsState, type StoredAccount } from './accounts';
export type { Authorization, Verdict } from './authorization';
export { authorizeAxios, type AxiosLike } from './axios';
export { createSessionClient } from './client';
export type { Carrier, Gateway, Presence, SessionConfig, Timeouts } from './config';
export { SessionError, type FailureCause, type ScreenFault, type SessionErrorCode } from './errors';
export type { Fetch, FetchInit, FetchResponse } from './fetch/fetch';
export type { UploadFile } from './fetch/file';
export type { Transfer } from './fetch/transfer';
export type { Account, Import, ImportOutcome, MfaChallenge, Session } from './models';
export type { Operations } from './operations';
export type { Factors } from './operations/factors';
export type { Identities } from './operations/identities';
export type {
  Diagnosis,
  Finding,
  FindingLevel,
  Identity,
  IdToken,
  MessageOptions,
  Nonce,
  OAuth2Options,
  OAuth2Start,
  Passkey,
  PasskeyChallenge,
  Preferences,
  PushTarget,
  SentCode,
  TotpEnrollment,
} from './operations/models';
export type { LookInside } from './operations/inside';
export type { Passkeys } from './operations/passkeys';
export type { Profile } from './operations/profile';
export type { PushTargets } from './operations/push-targets';
export type { Recovery } from './operations/recovery';
export type { WaysToSignIn } from './operations/sign-in';
export type { Verification } from './operations/verification';
export type { Problem } from './problem';
export type { GoogleOptions } from './screens/id-token';
export type { Cancelled, RegistrationOutcome, SignInOutcome } from './screens/outcome';
export type { SignInScreens } from './screens/sign-in';
export { AccountsProvider, type AccountsProviderProps } from './react/accounts-provider';
export { useAccounts, useSession, useSessionState } from './react/hooks';
export { SessionProvider, type SessionProviderProps } from './react/provider';
export type { SessionClient } from './session-client';
export type { Change, Factor, Persistence, SessionState, SignedOutReason, User } from './state';
