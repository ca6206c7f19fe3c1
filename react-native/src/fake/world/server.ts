/** A gateway of the app's own, or another site: what a test lets it answer, and the check that a real gateway makes first. */

import type { Carrier } from './credential';
import { CARRIER_HEADERS, carriedBy, carry, cookiesOf, isSessionCookie } from './credential';
import type { Header, HttpAnswer, HttpRequest } from './http';
import { EMPTY, bodyOf, header, json, jsonOf, textOf, without } from './http';
import type { Site } from './network';

/** What a handler is asked. It sees how the credential came, and never the credential. */
export interface GatewayRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  /** What stands for the `:names` of the route. */
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  /** By name in lower case. */
  readonly headers: Record<string, string>;
  /** The cookies beside the session's. */
  readonly cookies: Record<string, string>;
  readonly text: string;
  /** The body as JSON; `undefined` if it is none. */
  readonly json: unknown;
  /** Who calls, as Appwrite told the gateway; empty where nobody was asked. */
  readonly userId: string;
  /** The carrier that counts. */
  readonly carrier: Carrier;
  /** How many carriers came. */
  readonly carriers: number;
}

/** What a handler answers. The status is 200 if nothing is said. */
export interface GatewayAnswer {
  status?: number;
  headers?: Record<string, string | string[]>;
  /** A body of JSON. */
  json?: unknown;
  /** Or of text. */
  text?: string;
  /** Or of bytes. */
  bytes?: Uint8Array;
}

/** An answer, or what makes one. */
export type Handler = GatewayAnswer | ((request: GatewayRequest) => GatewayAnswer | Promise<GatewayAnswer>);

/** How a route is served. */
export interface RouteOptions {
  /** Whether the gateway asks Appwrite first who calls, and answers 401 itself if it is nobody. Yes, if nothing is said. */
  authenticated?: boolean;
}

interface Route {
  method: string;
  pattern: RegExp;
  names: string[];
  handler: Handler;
  authenticated: boolean;
}

/** Asks Appwrite with the carrier of a request; its answer, or nothing if there was none. */
export type AskAppwrite = (carrier: Header | undefined) => Promise<HttpAnswer | undefined>;

/** Answers what a test says. */
export class FakeGateway implements Site {
  private routes: Route[] = [];

  /** @internal */
  constructor(
    readonly name: string,
    private readonly askAppwrite: AskAppwrite | undefined,
  ) {}

  /**
   * Answers a route from now on, in place of what it answered before. `path` may hold `:names` and end in `*`:
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
    const hint = `nothing is said for it; say it with fakeSession.gateway.on('${request.method}', '${path}', …)`;
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

/** The one header of a request that carries. */
function carrierOf(request: HttpRequest): Header | undefined {
  const { carrier, blob } = carriedBy(request.headers);
  const cookie = cookiesOf(request.headers).find(([name]) => isSessionCookie(name));
  if (carrier === 'cookie' && cookie) {
    return { name: 'Cookie', value: cookie.join('=') };
  }
  return blob === undefined ? undefined : carry(carrier, '', blob);
}

function seen(request: HttpRequest, params: Record<string, string>, userId: string): GatewayRequest {
  const { method, url, headers } = request;
  const others = without(headers, CARRIER_HEADERS).map(({ name, value }) => [name.toLowerCase(), value]);
  const { carrier, carriers } = carriedBy(headers);
  return {
    ...{ method, url: url.href, path: url.pathname, params, userId, carrier, carriers },
    query: Object.fromEntries(url.searchParams.entries()),
    headers: Object.fromEntries(others) as Record<string, string>,
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
