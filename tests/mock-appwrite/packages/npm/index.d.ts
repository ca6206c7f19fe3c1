/** How a mock is started. */
export interface Options {
  /** Which Appwrite it is: 1.5.11, 1.9.6 (the default) or 2.7.1. */
  profile?: '1.5' | '1.9' | '2.7';
  /** The path of the program. Otherwise that of the environment variable MOCK_APPWRITE, the packed one, or the one on PATH. */
  program?: string;
}

/** A running mock. */
export interface MockAppwrite {
  /** Which Appwrite it is. */
  readonly profile: '1.5' | '1.9' | '2.7';
  /** The endpoint for clients: Appwrite's origin with `/v1`. */
  readonly endpoint: string;
  /** The id of the project. */
  readonly project: string;
  /** The origin of a gateway of the app. */
  readonly gateway: string;
  /** An origin that must never receive a credential. */
  readonly foreign: string;
  /** Appwrite's origin. */
  readonly url: string;
  /** An API key of the project. */
  readonly apiKey: string;
  /** A dev key of the project. */
  readonly devKey: string;
  /**
   * Uses a control, such as `control('POST', '/users', { email, password })`. The README lists them all.
   *
   * @param path the path after `/_mock`
   * @returns what the control answers; undefined if the answer has no body
   */
  control<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  /** Removes all users, the journal and all faults, and sets clock, project and switches back. */
  reset(): Promise<void>;
  /** Ends the mock, unless it is one that MOCK_APPWRITE_URL names. */
  close(): Promise<void>;
}

/** Starts a mock, or uses the running one whose origin the environment variable MOCK_APPWRITE_URL names. */
export function startMockAppwrite(options?: Options): Promise<MockAppwrite>;
