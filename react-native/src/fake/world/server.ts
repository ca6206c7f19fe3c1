/** One of the app's gateways, or another site. It answers as a test says; a gateway checks the credential first, as a real one does. */

import type { Carrier } from './credential';
import { CARRIER_HEADERS, carriedBy, cookiesOf, isSessionCookie } from './credential';
import type { Header, HttpAnswer, HttpRequest } from './http';
import { EMPTY, bodyOf, header, json, jsonOf, textOf, without } from './http';
import type { Site } from './network';

/** The request that a handler gets. It says how the credential was sent, but does not contain the credential. */
export interface GatewayRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  /** The values of the `:names` in the route. */
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  /** By name in lower case. The values of repeated headers are joined with a comma and a blank. */
  readonly headers: Record<string, string>;
  /** The cookies, without the session's. */
  readonly cookies: Record<string, string>;
  readonly text: string;
  /** The body as JSON; `undefined` if it is not JSON. */
  readonly json: unknown;
  /** The id of the user, which the gateway got from Appwrite; empty if the route is not authenticated. */
  readonly userId: string;
  /** The carrier that counts. */
  readonly carrier: Carrier;
  /** How many carriers came. */
  readonly carriers: number;
}

/** The answer of a handler. The status is 200 if it is not set. */
export interface GatewayAnswer {
  status?: number;
  headers?: Record<string, string | string[]>;
  /** A JSON body. */
  json?: unknown;
  /** A text body. */
  text?: string;
  /** A body of bytes. */
  bytes?: Uint8Array;
}

/** An answer, or a function that returns one. */
export type Handler = GatewayAnswer | ((request: GatewayRequest) => GatewayAnswer | Promise<GatewayAnswer>);

/** Options of a route. */
export interface RouteOptions {
  /** Whether the gateway asks Appwrite for the user first, and answers 401 itself if there is none. `true` if not set. */
  authenticated?: boolean;
}

interface Route {
  method: string;
  pattern: RegExp;
  names: string[];
  handler: Handler;
  authenticated: boolean;
}

/** Asks Appwrite with the carrier of a request. Returns its answer, or `undefined` if there was none. */
export type AskAppwrite = (carrier: Header | undefined) => Promise<HttpAnswer | undefined>;

/** Answers as a test says. */
export class FakeGateway implements Site {
  private routes: Route[] = [];

  /** @internal */
  constructor(
    readonly name: string,
    private readonly askAppwrite: AskAppwrite | undefined,
  ) {}

  /**
   * Sets the answer of a route, in place of the one before. `path` may contain `:names` and end in `*`:
   * `/orders/:id`, `/files/*`.
   */
  on(method: string, path: string, handler: Handler, options: RouteOptions = {}): this {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
    const pattern = path
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:\w+/g, '([^/]+)')
      .replace(/\*$/, '.*');
    const authenticated = this.askAppwrite !== undefined && options.authenticated !== false;
    this.routes.unshift({ method, pattern: new RegExp(`^${pattern}$`), names, handler, authenticated });
    return this;
  }

  /** Forgets every route. @internal */
  clear(): void {
    this.routes = [];
  }

  /** @internal */
  async answer(request: HttpRequest): Promise<HttpAnswer> {
    const path = request.url.pathname;
    for (const route of this.routes) {
      const found = route.method === request.method ? route.pattern.exec(path) : null;
      if (found) {
        return this.serve(route, request, found.slice(1));
      }
    }
    const hint = `the test has set no answer for it; set one with fakeSession.gateway.on('${request.method}', '${path}', …)`;
    return json(404, { detail: `${request.method} ${path}: ${hint}` });
  }

  private async serve(route: Route, request: HttpRequest, values: string[]): Promise<HttpAnswer> {
    let userId = '';
    if (route.authenticated) {
      const verdict = await this.askAppwrite?.(carrierOf(request));
      const { $id, type } = (verdict ? (jsonOf(verdict) ?? {}) : {}) as { $id?: string; type?: string };
      if (verdict?.status === 401 || verdict?.status === 403) {
        return json(verdict.status, { detail: 'who are you?', type });
      }
      if (verdict?.status !== 200) {
        return json(503, { detail: 'Appwrite cannot be asked' }, [{ name: 'retry-after', value: '1' }]);
      }
      userId = $id ?? '';
    }
    const params = Object.fromEntries(
      route.names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')]),
    );
    const { handler } = route;
    return rendered(typeof handler === 'function' ? await handler(seen(request, params, userId)) : handler);
  }
}

/** The header of a request that carries the credential. */
function carrierOf(request: HttpRequest): Header | undefined {
  const { carrier } = carriedBy(request.headers);
  const cookie = cookiesOf(request.headers).find(([name]) => isSessionCookie(name));
  if (carrier === 'cookie' && cookie) {
    return { name: 'Cookie', value: cookie.join('=') };
  }
  const name = carrier === 'session_header' ? 'x-appwrite-session' : 'x-fallback-cookies';
  return request.headers.find((each) => each.name.toLowerCase() === name);
}

function seen(request: HttpRequest, params: Record<string, string>, userId: string): GatewayRequest {
  const { method, url, headers } = request;
  const others: Record<string, string> = {};
  for (const { name, value } of without(headers, CARRIER_HEADERS)) {
    const key = name.toLowerCase();
    others[key] = key in others ? `${others[key]}, ${value}` : value;
  }
  const { carrier, carriers } = carriedBy(headers);
  return {
    ...{ method, url: url.href, path: url.pathname, params, userId, carrier, carriers },
    query: Object.fromEntries(url.searchParams.entries()),
    headers: others,
    cookies: Object.fromEntries(cookiesOf(headers).filter(([name]) => !isSessionCookie(name))),
    text: textOf(request),
    json: jsonOf(request),
  };
}

function rendered(answer: GatewayAnswer): HttpAnswer {
  const headers = Object.entries(answer.headers ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => ({ name: name.toLowerCase(), value })),
  );
  const status = answer.status ?? 200;
  if (answer.json !== undefined) {
    const whole = json(status, answer.json);
    return header(headers, 'content-type')
      ? { ...whole, headers }
      : { ...whole, headers: [...whole.headers, ...headers] };
  }
  const body = answer.bytes ? bodyOf(answer.bytes) : { ...EMPTY, body: answer.text ?? '' };
  return { status, headers, ...body };
}
