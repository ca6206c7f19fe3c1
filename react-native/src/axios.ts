/** Lets axios send the session's credential to the gateways. */

import type { Authorization } from './authorization';
import { SessionError } from './errors';
import type { SessionClient } from './session-client';

/** The members of an axios request that are used here. */
interface AxiosRequest {
  headers: { set(name: string, value: string): unknown };
  method?: string | undefined;
  data?: unknown;
  withCredentials?: boolean | undefined;
  [SENT]?: Sent | undefined;
}

/** The name of the member of an axios request that says how it was authorized. */
const SENT = 'appwriteSession';

/** How a request was authorized. It is a class because axios copies plain objects. */
class Sent {
  constructor(
    readonly url: string,
    readonly authorization: Authorization,
    /** The body that the app gave. Axios converts it when it sends the request. */
    readonly data: unknown,
    /** Whether this request was refused before, and is sent for the second time. */
    readonly isRepetition: boolean,
  ) {}
}

/** The members of an axios response that are used here. */
interface AxiosResponse {
  status: number;
  headers?: Readonly<Record<string, unknown>> | undefined;
  config: AxiosRequest;
  /** The platform's request: `XMLHttpRequest`, or Node's. */
  request?: { responseURL?: unknown; res?: { responseUrl?: unknown } } | undefined;
}

/** One side of axios's interceptors. */
interface Interceptors<Value> {
  use(onFulfilled: (value: Value) => Value | Promise<Value>, onRejected?: (error: unknown) => unknown): number;
  eject(id: number): void;
}

/** An axios instance, as far as it is used here. */
export interface AxiosLike {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- axios's own types are not declared in this package
  interceptors: { request: Interceptors<any>; response: Interceptors<any> };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  getUri(config?: any): string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  request(config: any): Promise<any>;
}

/**
 * Sets the session's credential on the requests of `axios` that go to allowed gateways. Requests to other origins and relative URLs
 * are not changed.
 *
 * A 401 of a gateway is reported, see {@link SessionClient.reportUnauthorized}, and is the answer. Only if the same user has another
 * credential by now, the request is sent once more first, under the conditions of {@link SessionClient.allowsRepetition}: its method is
 * idempotent, or the gateway says that its service did not see it. It is not sent once more after a redirect, or with a body that can be
 * read only once. If another user has signed in meanwhile, it fails with `superseded`.
 *
 * Prefer `session.fetch`:
 *
 * - Axios uses the platform's `XMLHttpRequest`, which follows redirects by itself, and sends the headers to every origin that a
 *   redirect leads to. Use axios only for gateways that do not redirect to other origins.
 * - The platform has cookies of its own, in iOS's cookie storage and Android's cookie jar, and sets them on requests. For requests to a
 *   gateway this is turned off (`withCredentials: false`), but platforms may still process a `Cookie` header. The carriers
 *   `fallback_cookies` and `session_header` are headers that no platform processes: choose one of them for a gateway that you call with
 *   axios.
 *
 * A request to a gateway fails with a `SessionError` if it cannot be authorized, for example because nobody is signed in.
 *
 * @param axios an instance of axios, or axios itself.
 * @param client the session. Call the returned function before you close it.
 * @returns a function that removes the session from `axios`.
 */
export function authorizeAxios(axios: AxiosLike, client: SessionClient): () => void {
  const onRequest = async (request: AxiosRequest): Promise<AxiosRequest> => {
    const refused = request[SENT];
    const url = axios.getUri(request);
    const authorization = /^https?:/i.test(url) ? await authorized(client, url) : null;
    if (refused && authorization?.userId !== refused.authorization.userId) throw superseded();
    if (!authorization) return request;
    request[SENT] = new Sent(url, authorization, request.data, refused !== undefined);
    for (const [name, value] of Object.entries(authorization.headers)) request.headers.set(name, value);
    request.withCredentials = false;
    return request;
  };

  /** Reports a 401 of a gateway. Sends the request once more and returns that answer, if that is allowed. */
  const answerInstead = async (response: AxiosResponse | undefined): Promise<unknown> => {
    const sent = response?.config[SENT];
    if (response?.status !== 401 || !sent) return undefined;
    // If Appwrite cannot be asked, the gateway's answer is still the answer.
    const verdict = await client.reportUnauthorized(sent.authorization).catch(() => 'undecided' as const);
    const { config, headers = {} } = response;
    const problemType = headers['x-problem-type'];
    const isAllowed =
      !sent.isRepetition &&
      isDirect(response, sent.url) &&
      isRepeatable(sent.data) &&
      client.allowsRepetition(verdict, config.method ?? 'get', typeof problemType === 'string' ? problemType : null);
    return isAllowed ? axios.request({ ...config, data: sent.data }) : undefined;
  };

  const request = axios.interceptors.request.use(onRequest);
  const response = axios.interceptors.response.use(
    async (answer: AxiosResponse) => (await answerInstead(answer)) ?? answer,
    async (error: unknown) => {
      const instead = await answerInstead((error as { response?: AxiosResponse } | null)?.response);
      if (instead === undefined) throw error;
      return instead;
    },
  );
  return () => {
    axios.interceptors.request.eject(request);
    axios.interceptors.response.eject(response);
  };
}

/** Whether the request itself was answered, and not what a redirect made of it. If that is not known, it is not. */
function isDirect({ request }: AxiosResponse, url: string): boolean {
  const answered = request?.responseURL ?? request?.res?.responseUrl;
  return typeof answered === 'string' && withoutFragment(answered) === withoutFragment(url);
}

const withoutFragment = (url: string) => url.replace(/#.*$/, '');

/** Whether a body can be sent twice. A stream cannot. */
function isRepeatable(data: unknown): boolean {
  return typeof data !== 'object' || data === null || !('getReader' in data || 'pipe' in data);
}

function superseded(): SessionError {
  // The first attempt was refused by the gateway, but it has arrived there.
  return new SessionError('superseded', 'another user has signed in since this call was made', {
    mayHaveArrived: true,
  });
}

/** The authorization for `url`, or `null` if it is not the URL of a gateway. */
async function authorized(client: SessionClient, url: string): Promise<Authorization | null> {
  try {
    return await client.authorize(url);
  } catch (error) {
    // `config` means that it cannot be the URL of a gateway, for example because it is not https.
    if (error instanceof SessionError && (error.code === 'origin_not_allowed' || error.code === 'config')) return null;
    throw error;
  }
}
