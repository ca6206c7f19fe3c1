/**
 * The turbo-module as React Native's codegen reads it: what the native sides implement, and nothing else of the package calls directly.
 *
 * Every name of a state, reason, factor, carrier or error is the stable name that all languages share, as a string: `client.ts` gives
 * it its type. A client is known by a number, which is never used twice in a process.
 */

import type { CodegenTypes, TurboModule } from 'react-native';
import { TurboModuleRegistry } from 'react-native';

/** An allowed gateway, and how the credential travels to it. */
export type NativeGateway = {
  url: string;
  carrier: string;
};

/** How often the user must prove to be there, and what the platform's dialog says. */
export type NativePresence = {
  policy: string;
  timeoutMs: number;
  title: string;
  subtitle?: string;
  cancel: string;
};

/** What a client is built from. What is not given is the core's default. */
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
  rootCertificates: string[];
};

/** Why a call failed: also the `userInfo` of a promise that is rejected. */
export type NativeError = {
  code: string;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
  status?: number;
  type?: string;
  reason?: string;
  origin?: string;
};

/** A client that was built, or why it could not be. */
export type NativeOpening = {
  client: CodegenTypes.Int32;
  error?: NativeError;
};

/** One published state of one client. */
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

/** A challenge that waits for its code. */
export type NativeMfaChallenge = {
  id: string;
  expiresAtMs?: number;
};

/** One header line. */
export type NativeHeader = {
  name: string;
  value: string;
};

/** A call of a gateway. The body is text, or bytes in base64. */
export type NativeRequest = {
  method: string;
  target: string;
  headers: NativeHeader[];
  body: string;
  bodyIsBase64: boolean;
  timeoutMs?: number;
  repeatable: boolean;
};

/** A gateway's whole answer, whatever its status. The body is text where it is UTF-8, and base64 otherwise. */
export type NativeResponse = {
  url: string;
  redirected: boolean;
  status: CodegenTypes.Int32;
  headers: NativeHeader[];
  body: string;
  bodyIsBase64: boolean;
};

/** Headers for a request that the app sends by itself, and the number by which a 401 to it is reported. */
export type NativeAuthorization = {
  authorization: CodegenTypes.Int32;
  headers: NativeHeader[];
};

export interface Spec extends TurboModule {
  /** Each change of each client, the current state first. */
  readonly onChange: CodegenTypes.EventEmitter<NativeChange>;

  /** Builds a client, or takes over the one of the same configuration that JavaScript left behind when it was reloaded. */
  createClient(config: NativeConfig): NativeOpening;
  /** The last change of a client, without waiting. */
  change(client: CodegenTypes.Int32): NativeChange;
  close(client: CodegenTypes.Int32): Promise<void>;

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
  importSession(client: CodegenTypes.Int32, left: string): Promise<string>;
  signOut(client: CodegenTypes.Int32): Promise<void>;
  signOutEverywhere(client: CodegenTypes.Int32): Promise<void>;

  account(client: CodegenTypes.Int32): Promise<NativeAccount>;
  sessions(client: CodegenTypes.Int32): Promise<NativeSession[]>;
  currentSession(client: CodegenTypes.Int32): Promise<NativeSession>;
  extendSession(client: CodegenTypes.Int32): Promise<NativeSession>;
  revokeSession(client: CodegenTypes.Int32, id: string): Promise<void>;

  /** Sends a call of a gateway. `call` is a number of the caller's, by which it can be cancelled. */
  send(client: CodegenTypes.Int32, call: CodegenTypes.Int32, request: NativeRequest): Promise<NativeResponse>;
  /** Aborts a call, whose promise is then rejected with the code `cancelled`. */
  cancel(client: CodegenTypes.Int32, call: CodegenTypes.Int32): void;
  authorize(client: CodegenTypes.Int32, target: string): Promise<NativeAuthorization>;
  reportUnauthorized(client: CodegenTypes.Int32, authorization: CodegenTypes.Int32): Promise<void>;
}

export default TurboModuleRegistry.getEnforcing<Spec>('AppwriteSession');
