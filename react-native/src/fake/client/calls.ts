/** Calls of the app's own gateways: the origin rule, exactly one carrier, redirects, and what becomes of a 401. */

import type { NativeAuthorization, NativeRequest, NativeResponse } from '../../NativeAppwriteSession';
import { CARRIER_HEADERS, carry, cookiesOf, isSessionCookie } from '../world/credential';
import type { Header, HttpAnswer, HttpRequest } from '../world/http';
import { EMPTY, header, jsonOf, without } from '../world/http';
import type { AllowedGateway } from './config';
import { CookieJars } from './cookies';
import { invalidRedirect, misconfigured, originNotAllowed } from './failure';
import type { Keeper } from './keeper';
import type { Held } from './ledger';
import type { Sending, Transport } from './transport';

/** How many redirects one call follows. */
const MOST = 10;
/** Headers that the client or HTTP itself sets. */
const RESERVED = ['x-fallback-cookies', 'x-appwrite-session', 'x-appwrite-jwt', 'host'];
const REPEATABLE = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];
/** What a gateway says when it has not looked at the credential. */
const UNDECIDED: unknown[] = ['session_missing', 'auth_unavailable'];
/** How many authorizations a client knows. */
const KNOWN = 256;

/** The gateways of one client. */
export class Calls {
  readonly jars = new CookieJars();
  private readonly authorizations = new Map<number, Held>();
  private last = 0;

  constructor(
    private readonly gateways: readonly AllowedGateway[],
    private readonly project: string,
    private readonly transport: Transport,
    private readonly keeper: () => Keeper,
  ) {}

  /** Sends a call. Every status is an answer. */
  async send(call: NativeRequest, signal: AbortSignal): Promise<NativeResponse> {
    const request = this.check(call);
    const repeatable = call.repeatable || REPEATABLE.includes(request.method);
    const sending = { timeoutMs: call.timeoutMs, repeatable, signal };
    const keeper = this.keeper();
    const held = await keeper.admitted();
    const first = await this.exchange(request, held, sending);
    if (first.response.status !== 401 || !first.carried) {
      return first.response;
    }
    if (!isUndecided(first.response)) {
      await keeper.arbitrate(held);
    }
    const now = await keeper.held();
    // Refused with the credential before this one; this one is worth one try, and its answer is final.
    return now.epoch === held.epoch ? first.response : (await this.exchange(request, now, sending)).response;
  }

  /** The headers for a request that the app sends by itself. */
  async authorize(target: string): Promise<NativeAuthorization> {
    const { url, gateway } = this.resolve(target);
    const held = await this.keeper().admitted();
    const authorization = ++this.last;
    this.authorizations.set(authorization, held);
    this.authorizations.delete(authorization - KNOWN);
    return { authorization, headers: this.attached([], url, gateway, held) };
  }

  /** A gateway answered 401 to a request that carried an authorization. */
  async reportUnauthorized(authorization: number): Promise<void> {
    const held = this.authorizations.get(authorization);
    if (held) {
      await this.keeper().arbitrate(held);
    }
  }

  private check({ method, target, headers, body, bodyIsBase64, timeoutMs }: NativeRequest): HttpRequest {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) {
      throw misconfigured('the method of a gateway call is malformed; write GET, POST, PUT, PATCH or DELETE');
    }
    for (const { name, value } of headers) {
      if (
        !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) ||
        /[\0\r\n]/.test(value) ||
        RESERVED.includes(name.toLowerCase())
      ) {
        throw misconfigured(
          `the header ${JSON.stringify(name)} cannot be set on a gateway call; the client attaches the credential by itself`,
        );
      }
    }
    if (timeoutMs === 0) {
      throw misconfigured('a timeout must be longer than zero; leave it out for the default');
    }
    return { method, url: this.resolve(target).url, headers, body, bodyIsBase64 };
  }

  /** The URL that the app means: a path is of the first gateway, a URL must be of an allowed one. */
  private resolve(target: string): { url: URL; gateway: AllowedGateway } {
    const [first] = this.gateways;
    if (target.startsWith('/') && !first) {
      throw misconfigured(
        'the call has a path only, and no gateway is configured; give the client a gateway such as https://api.example.com',
      );
    }
    let url: URL;
    try {
      url = target.startsWith('/') ? new URL(target, first?.origin) : new URL(target);
    } catch {
      throw misconfigured('the request URL is not a URL; write it as /orders or https://api.example.com/orders');
    }
    if (url.username !== '' || url.password !== '') {
      throw misconfigured('the request URL must not hold a user name or password; sign in through the client instead');
    }
    const gateway = this.gatewayOf(url);
    if (!gateway) {
      throw originNotAllowed(url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin);
    }
    return { url, gateway };
  }

  private gatewayOf(url: URL): AllowedGateway | undefined {
    return this.gateways.find(({ origin }) => origin === url.origin);
  }

  /** Sends a request and what its redirects lead to. The credential is attached anew at every hop that the origin rule allows. */
  private async exchange(request: HttpRequest, held: Held, sending: Sending) {
    let next = request;
    for (let hop = 0; hop <= MOST; hop += 1) {
      const { url } = next;
      const gateway = this.gatewayOf(url);
      const headers = gateway ? this.attached(next.headers, url, gateway, held) : next.headers;
      const answer = await this.transport.send({ ...next, headers }, sending);
      if (gateway) {
        this.jars.keep(url, answer.headers);
      }
      const following = follow(next, answer);
      if (!following) {
        const response = { ...answer, url: url.href, redirected: hop > 0 };
        return { response, carried: gateway !== undefined };
      }
      next = following;
    }
    throw invalidRedirect();
  }

  /** What the app set, the gateway's own cookies, and exactly one carrier. */
  private attached(headers: readonly Header[], url: URL, gateway: AllowedGateway, held: Held): Header[] {
    const carrier = carry(gateway.carrier, this.project, held.blob);
    const cookies = new Map<string, string>();
    for (const [name, value] of [...cookiesOf(headers), ...this.jars.cookies(url)]) {
      if (!isSessionCookie(name) && !cookies.has(name)) {
        cookies.set(name, value);
      }
    }
    const pairs = [...cookies].map((pair) => pair.join('='));
    const isCookie = carrier.name === 'Cookie';
    const line = (isCookie ? [carrier.value, ...pairs] : pairs).join('; ');
    return [
      ...without(headers, ['cookie']),
      ...(isCookie ? [] : [carrier]),
      ...(line === '' ? [] : [{ name: 'Cookie', value: line }]),
    ];
  }
}

/** The request that follows a redirect; to another origin without what could prove something, from https to http not at all. */
function follow(request: HttpRequest, answer: HttpAnswer): HttpRequest | undefined {
  const method = nextMethod(answer.status, request.method);
  const location = header(answer.headers, 'location');
  if (method === undefined || location === undefined) {
    return undefined;
  }
  let url: URL;
  try {
    url = new URL(location, request.url);
  } catch {
    throw invalidRedirect();
  }
  const isPlain = url.protocol === 'http:';
  if (!(isPlain || url.protocol === 'https:') || (isPlain && request.url.protocol === 'https:')) {
    throw invalidRedirect();
  }
  const dropped = url.origin === request.url.origin ? [] : CARRIER_HEADERS;
  if (method === request.method) {
    return { ...request, url, headers: without(request.headers, dropped) };
  }
  const ofBody = ['content-type', 'content-length', 'content-encoding', 'transfer-encoding'];
  return { method, url, headers: without(request.headers, [...dropped, ...ofBody]), ...EMPTY };
}

/** The method after a redirect, by RFC 9110. */
function nextMethod(status: number, method: string): string | undefined {
  switch (status) {
    case 307:
    case 308:
      return method;
    case 303:
      return method === 'HEAD' ? 'HEAD' : 'GET';
    case 301:
    case 302:
      return method === 'POST' ? 'GET' : method;
    default:
      return undefined;
  }
}

/** Whether a gateway's 401 says by itself that it is not about the credential. */
function isUndecided(response: NativeResponse): boolean {
  const kind = header(response.headers, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  const { type } = (jsonOf(response) ?? {}) as { type?: unknown };
  return kind === 'application/problem+json' && UNDECIDED.includes(type);
}
