/**
 * The specification of the turbo-module, as React Native's codegen reads it. Android and iOS implement it.
 *
 * The names of states, reasons, factors, carriers, verdicts and error codes are strings here. They are the stable names that all
 * languages share; the rest of the package gives them their types. A client is identified by a number, which is never used twice in
 * a process.
 */

import type { CodegenTypes, TurboModule } from 'react-native';
import { TurboModuleRegistry } from 'react-native';

/** An allowed gateway, and how the credential travels to it. */
export type NativeGateway = {
  url: string;
  carrier: string;
};

/** How often the user must confirm with biometrics or the device passcode, and the texts of the platform's dialog. */
export type NativePresence = {
  policy: string;
  timeoutMs: number;
  title: string;
  subtitle?: string;
  cancel: string;
};

/** The configuration of a client. A member that is not given has the core's default. */
export type NativeConfig = {
  endpoint: string;
  project: string;
  gateways: NativeGateway[];
  accountSlot?: string;
  persistence: string;
  readOnly: boolean;
  keychainAccessGroup?: string;
  forgetAfterReinstall: boolean;
  presence?: NativePresence;
  connectTimeoutMs?: number;
  idleTimeoutMs?: number;
  totalTimeoutMs?: number;
  attempts?: number;
  responseLimit?: number;
  rootCertificates: string[];
};

/** Why a call failed. The `userInfo` of a rejected promise has the same members. */
export type NativeError = {
  code: string;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
  failureCause?: string;
  mayHaveArrived: boolean;
  status?: number;
  type?: string;
  reason?: string;
  origin?: string;
  detail?: string;
};

/** The number of a client that was built, or the error that prevented it. */
export type NativeOpening = {
  client: CodegenTypes.Int32;
  error?: NativeError;
};

/** One published change of one client. */
export type NativeChange = {
  client: CodegenTypes.Int32;
  number: number;
  kind: string;
  reason?: string;
  factors: string[];
  userId?: string;
  userName?: string;
  userEmail?: string;
  verified: boolean;
  persistence: string;
};

/** The account of the signed-in user. */
export type NativeAccount = {
  userId: string;
  userName: string;
  userEmail?: string;
  phone?: string;
  emailVerified: boolean;
  phoneVerified: boolean;
  mfaEnabled: boolean;
  labels: string[];
  preferencesJson: string;
  registeredAtMs?: number;
};

/** One session of the signed-in user. */
export type NativeSession = {
  id: string;
  userId: string;
  provider: string;
  current: boolean;
  factors: string[];
  createdAtMs?: number;
  expiresAtMs?: number;
  ip: string;
  os: string;
  clientName: string;
  device: string;
  country: string;
};

/** A challenge of a second factor. */
export type NativeMfaChallenge = {
  id: string;
  expiresAtMs?: number;
};

/** One header line. */
export type NativeHeader = {
  name: string;
  value: string;
};

/** A file, which the native side opens when it is sent. The URI has the scheme `file`, or on Android `content`. */
export type NativeFile = {
  uri: string;
  name?: string;
  type?: string;
};

/** A field of a form: a file, bytes with a `fileName` and a `contentType` as if they were a file, or a text. */
export type NativeField = {
  name: string;
  body: string;
  bodyIsBase64: boolean;
  fileName?: string;
  contentType?: string;
  file?: NativeFile;
};

/**
 * A call of a gateway. The body is a file, a form, text, or bytes in base64. `headers` can have several lines of one name. The transfers
 * of an `observed` call are events.
 */
export type NativeRequest = {
  method: string;
  target: string;
  headers: NativeHeader[];
  body: string;
  bodyIsBase64: boolean;
  file?: NativeFile;
  form?: NativeField[];
  timeoutMs?: number;
  idempotent: boolean;
  responseLimit?: number;
  observed: boolean;
};

/** How far a body of a call has come. The direction is `up` or `down`. */
export type NativeTransfer = {
  client: CodegenTypes.Int32;
  call: CodegenTypes.Int32;
  direction: string;
  bytes: number;
  total?: number;
};

/** A gateway's whole answer, whatever its status. The body is text if it is valid UTF-8, and base64 otherwise. */
export type NativeResponse = {
  url: string;
  redirected: boolean;
  status: CodegenTypes.Int32;
  headers: NativeHeader[];
  body: string;
  bodyIsBase64: boolean;
};

/** Headers for a request that the app sends by itself, the user whom they are for, and the number by which a 401 is reported. */
export type NativeAuthorization = {
  authorization: CodegenTypes.Int32;
  userId: string;
  headers: NativeHeader[];
};

/** The state of the accounts with that number, as the core's JSON. */
export type NativeAccountsState = {
  accounts: CodegenTypes.Int32;
  stateJson: string;
};

export interface Spec extends TurboModule {
  /** Every change of every client. The first event of a client is its current state. */
  readonly onChange: CodegenTypes.EventEmitter<NativeChange>;

  /** Builds a client. After a reload of JavaScript, the client that was built before from the same configuration is used again. */
  createClient(config: NativeConfig): NativeOpening;
  /** The last change of a client. Does not wait. */
  change(client: CodegenTypes.Int32): NativeChange;
  close(client: CodegenTypes.Int32): Promise<void>;

  /** Every state of all accounts. The first event of them is their current state, once the store has been read. */
  readonly onAccountsState: CodegenTypes.EventEmitter<NativeAccountsState>;
  /** Builds accounts, which have a number of the same kind as clients. After a reload of JavaScript it is as with `createClient`. */
  createAccounts(config: NativeConfig): NativeOpening;
  /** The state of accounts as JSON; empty before the store has been read. Does not wait. */
  accountsState(accounts: CodegenTypes.Int32): string;
  /** Performs an operation of accounts by its name, as `call` does for a client. An account is its id. */
  callAccounts(accounts: CodegenTypes.Int32, operation: string, argumentsJson: string): Promise<string>;
  /** The number of the client of an account, which is the same at every call. It is closed with the accounts. */
  openAccount(accounts: CodegenTypes.Int32, id: string): Promise<number>;
  closeAccounts(accounts: CodegenTypes.Int32): Promise<void>;

  restored(client: CodegenTypes.Int32): Promise<void>;
  resume(client: CodegenTypes.Int32): Promise<void>;
  pause(client: CodegenTypes.Int32): void;

  signUpWithEmail(
    client: CodegenTypes.Int32,
    email: string,
    password: string,
    name: string | null,
  ): Promise<NativeAccount>;
  signInWithEmail(client: CodegenTypes.Int32, email: string, password: string): Promise<void>;
  signInAnonymously(client: CodegenTypes.Int32): Promise<void>;
  signInWithToken(client: CodegenTypes.Int32, userId: string, secret: string): Promise<void>;
  createMfaChallenge(client: CodegenTypes.Int32, factor: string): Promise<NativeMfaChallenge>;
  completeMfaChallenge(client: CodegenTypes.Int32, challengeId: string, code: string): Promise<void>;
  importSession(client: CodegenTypes.Int32, legacy: string): Promise<string>;
  signOut(client: CodegenTypes.Int32): Promise<void>;
  signOutEverywhere(client: CodegenTypes.Int32): Promise<void>;

  account(client: CodegenTypes.Int32): Promise<NativeAccount>;
  sessions(client: CodegenTypes.Int32): Promise<NativeSession[]>;
  currentSession(client: CodegenTypes.Int32): Promise<NativeSession>;
  extendSession(client: CodegenTypes.Int32): Promise<NativeSession>;
  revokeSession(client: CodegenTypes.Int32, id: string): Promise<void>;

  /**
   * Performs an operation by its name. The arguments are a list in JSON, and the result is JSON, in which missing members are left out.
   * Everything that has no method of its own here is one of these: the names are in `core/src/by_name/mod.rs`.
   */
  call(client: CodegenTypes.Int32, operation: string, argumentsJson: string): Promise<string>;

  /**
   * Shows one of the platform's screens for a sign-in: `google`, `apple`, `passkey_get`, `passkey_create` or `browser`. What it is given and
   * what it answers is JSON (`src/screens/screen.ts`). Resolves to `null` if the user closed the screen. Rejects with the code
   * `screen_failed`, whose `detail` is `not_linked`, `not_supported`, `nothing_to_offer`, `not_set_up` or `interrupted`.
   *
   * A name that Apple's screen gave is answered again until the operation `signInWithIdToken` or `identities.link` has succeeded with a token of
   * the same user.
   */
  showScreen(screen: string, input: string): Promise<string | null>;
  /**
   * The URL with which a browser has opened the app after a sign-in that nothing waits for, because the process had ended meanwhile. Each
   * URL is given once; `null` if there is none.
   */
  takeCallback(): Promise<string | null>;

  /** Every transfer of every observed call. The last ones come before the promise of the call is settled. */
  readonly onTransfer: CodegenTypes.EventEmitter<NativeTransfer>;
  /** Sends a call of a gateway. The caller chooses the number `call`, by which the call can be cancelled. */
  send(client: CodegenTypes.Int32, call: CodegenTypes.Int32, request: NativeRequest): Promise<NativeResponse>;
  /** Aborts a call. Its promise is then rejected with the code `cancelled`. */
  cancel(client: CodegenTypes.Int32, call: CodegenTypes.Int32): void;
  authorize(client: CodegenTypes.Int32, target: string): Promise<NativeAuthorization>;
  /** Reports that a request with this authorization was answered with 401. Resolves to the stable name of the verdict. */
  reportUnauthorized(client: CodegenTypes.Int32, authorization: CodegenTypes.Int32): Promise<string>;
  /** The core's rule for sending a refused request once more. */
  allowsRepetition(verdict: string, method: string, problemType: string | null): boolean;
}

export default TurboModuleRegistry.getEnforcing<Spec>('AppwriteSession');
