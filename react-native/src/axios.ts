/** Lets axios carry the session to the gateways. */

import type { Authorization } from './authorization';
import { SessionError } from './errors';
import type { SessionClient } from './session-client';

/** What of an axios request is read and written. */
interface AxiosRequest {
  headers: { set(name: string, value: string): unknown };
  withCredentials?: boolean | undefined;
  [AUTHORIZATION]?: Authorization | undefined;
}

/** One side of axios's interceptors. */
interface Interceptors<Value> {
  use(onFulfilled: (value: Value) => Value | Promise<Value>, onRejected?: (error: unknown) => unknown): number;
  eject(id: number): void;
}

/** An axios instance, as far as it is used here. */
export interface AxiosLike {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- axios's own types are not this package's to name
  interceptors: { request: Interceptors<any>; response: Interceptors<any> };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  getUri(config?: any): string;
}

const AUTHORIZATION = Symbol('authorization');

/**
 * Puts the session's credential on the requests of `axios` that go to allowed gateways, and reports their 401s. Requests to anybody
 * else, and relative URLs, are left as they are.
 *
 * `session.fetch` is the better choice where there is one:
 *
 * - axios sends by the platform's `XMLHttpRequest`, which follows redirects by itself and takes headers along to wherever they lead.
 *   Use it for gateways that don't redirect to other origins.
 * - The platform keeps cookies of its own, in iOS's cookie storage and Android's cookie jar, and puts them on requests. That is
 *   turned off for a gateway's requests (`withCredentials: false`), but a `Cookie` header still passes through code that regards
 *   cookies as its own. The carriers `fallback_cookies` and `session_header` are headers that nobody else touches: choose one of
 *   them for a gateway that is called with axios.
 *
 * A request to a gateway fails with a `SessionError` if it cannot be authorized: nobody is signed in, the store is locked.
 *
 * @param axios an instance of axios, or axios itself.
 * @param client the session, which must not be closed before this is ended.
 * @returns a function that ends it.
 */
export function authorizeAxios(axios: AxiosLike, client: SessionClient): () => void {
  const onRequest = async (request: AxiosRequest): Promise<AxiosRequest> => {
    const url = axios.getUri(request);
    const authorization = /^https?:/i.test(url) ? await authorized(client, url) : null;
    request[AUTHORIZATION] = authorization ?? undefined;
    if (!authorization) return request;
    for (const [name, value] of Object.entries(authorization.headers)) request.headers.set(name, value);
    request.withCredentials = false;
    return request;
  };

  const report = async (response: { status?: number; config?: AxiosRequest } | undefined): Promise<void> => {
    const authorization = response?.config?.[AUTHORIZATION];
    if (response?.status !== 401 || !authorization) return;
    // The gateway's answer is the answer, whatever becomes of the question.
    await client.reportUnauthorized(authorization).catch(() => undefined);
  };

  const request = axios.interceptors.request.use(onRequest);
  const response = axios.interceptors.response.use(
    async (answer: { status: number; config: AxiosRequest }) => {
      await report(answer);
      return answer;
    },
    async (error: unknown) => {
      await report((error as { response?: { status: number; config: AxiosRequest } } | null)?.response);
      throw error;
    },
  );
  return () => {
    axios.interceptors.request.eject(request);
    axios.interceptors.response.eject(response);
  };
}

/** The authorization for `url`, or `null` if it is of no gateway. */
async function authorized(client: SessionClient, url: string): Promise<Authorization | null> {
  try {
    return await client.authorize(url);
  } catch (error) {
    // `config`: a URL that could not be a gateway's, such as one of plain HTTP.
    if (error instanceof SessionError && (error.code === 'origin_not_allowed' || error.code === 'config')) return null;
    throw error;
  }
}
