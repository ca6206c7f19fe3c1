/** The app's gateways and other sites. They answer as a test says; a gateway asks Appwrite for the user first, as a real one does. */

import { fromBase64, toBase64 } from '../fetch/base64';
import { decodeUtf8, encodeUtf8 } from '../fetch/utf8';
import type { Asked, Body, HttpAnswer } from './core';

/** The carrier of a credential; `none` if there is no credential. */
export type Carrier = 'cookie' | 'session_header' | 'fallback_cookies' | 'jwt' | 'bearer' | 'none';

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
  /** The body as bytes. */
  readonly bytes: Uint8Array;
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

/** Asks Appwrite for the user of a request: the id, or the gateway's own answer if there is none. */
export type Identify = (request: number) => Promise<{ userId: string } | { answer: HttpAnswer }>;

/** Answers as a test says. */
export class FakeGateway {
  private routes: Route[] = [];

  /** @internal */
  constructor(private readonly identify: Identify | undefined) {}

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
    const authenticated = this.identify !== undefined && options.authenticated !== false;
    this.routes.unshift({ method, pattern: new RegExp(`^${pattern}$`), names, handler, authenticated });
    return this;
  }

  /** Forgets every route. @internal */
  clear(): void {
    this.routes = [];
  }

  /** @internal */
  async answer(request: Asked): Promise<HttpAnswer> {
    const { method } = request;
    const path = new URL(request.url).pathname;
    for (const route of this.routes) {
      const found = route.method === method ? route.pattern.exec(path) : null;
      if (found) {
        return this.serve(route, request, found.slice(1));
      }
    }
    const hint = `the test has set no answer for it; set one with fakeSession.gateway.on('${method}', '${path}', …)`;
    return rendered({ status: 404, json: { detail: `${method} ${path}: ${hint}` } });
  }

  private async serve(route: Route, request: Asked, values: string[]): Promise<HttpAnswer> {
    let userId = '';
    if (route.authenticated && this.identify) {
      const identified = await this.identify(request.request);
      if ('answer' in identified) return identified.answer;
      ({ userId } = identified);
    }
    const params = Object.fromEntries(
      route.names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')]),
    );
    const { handler } = route;
    return rendered(typeof handler === 'function' ? await handler(seen(request, params, userId)) : handler);
  }
}

/** The names of carriers in the core's world, where they differ from those of the configuration. */
const CARRIERS: Record<string, Carrier> = { 'session-header': 'session_header', fallback: 'fallback_cookies' };

/** A carrier, by the name that the mock Appwrite has for it. */
export function carrierOf(name: string): Carrier {
  return CARRIERS[name] ?? (name as Carrier);
}

function seen(request: Asked, params: Record<string, string>, userId: string): GatewayRequest {
  const url = new URL(request.url);
  const headers: Record<string, string> = {};
  for (const { name, value } of request.headers) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  const { carrier, carriers, cookies } = request.seen;
  const text = textOf(request);
  return {
    // Read only by who asks for it: a file can be large.
    get bytes() {
      return bytesOf(request);
    },
    ...{ method: request.method, url: url.href, path: url.pathname, params, headers, cookies, userId, carriers, text },
    query: Object.fromEntries(url.searchParams.entries()),
    json: jsonOf(text),
    carrier: carrierOf(carrier),
  };
}

/** The body as bytes. */
function bytesOf({ body, bodyIsBase64 }: Body): Uint8Array {
  return bodyIsBase64 ? fromBase64(body) : encodeUtf8(body);
}

/** The body as text. */
export function textOf({ body, bodyIsBase64 }: Body): string {
  return bodyIsBase64 ? decodeUtf8(fromBase64(body)) : body;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function rendered({ status = 200, headers = {}, json, text = '', bytes }: GatewayAnswer): HttpAnswer {
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => ({ name: name.toLowerCase(), value })),
  );
  if (json !== undefined) {
    const isTyped = lines.some(({ name }) => name === 'content-type');
    const type = isTyped ? [] : [{ name: 'content-type', value: 'application/json' }];
    return { status, headers: [...type, ...lines], body: JSON.stringify(json), bodyIsBase64: false };
  }
  const body = bytes ? { body: toBase64(bytes), bodyIsBase64: true } : { body: text, bodyIsBase64: false };
  return { status, headers: lines, ...body };
}
