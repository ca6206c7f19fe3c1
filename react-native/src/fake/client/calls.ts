/** Calls of the app's own gateways: the origin rule, exactly one carrier, redirects, and the handling of a 401. */

import type { NativeAuthorization, NativeRequest, NativeResponse } from '../../NativeAppwriteSession';
import { carry, cookiesOf, isSessionCookie } from '../world/credential';
import type { Header, HttpAnswer, HttpRequest } from '../world/http';
import { EMPTY, header, jsonOf, lengthOf, without } from '../world/http';
import type { AllowedGateway } from './config';
import { CookieJars } from './cookies';
import { invalidRedirect, isOf, misconfigured, originNotAllowed, superseded, tooLarge } from './failure';
import type { Keeper } from './keeper';
import type { Held } from './ledger';
import type { Transport } from './transport';

/** How many redirects one call follows. */
const MOST = 10;
/** Headers that the client or HTTP itself sets. */
const RESERVED = ['x-fallback-cookies', 'x-appwrite-session', 'x-appwrite-jwt', 'host'];
/** The methods that are idempotent by their definition (RFC 9110 §9.2.2). */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];
/** The problem types that say that the gateway has not looked at the credential. */
const UNDECIDED = ['session_missing', 'auth_unavailable'];
/** The problem types with which a gateway refuses a request before its service sees it. */
const UNSEEN = ['session_missing', 'session_invalid', 'mfa_required', 'auth_unavailable'];
/** Headers that say nothing about the user. */
const PLAIN = ['accept', 'accept-language', 'range', 'user-agent'];
/** Headers that describe a body. */
const OF_BODY = ['content-type', 'content-encoding', 'content-language', 'content-length', 'transfer-encoding'];
/** How many authorizations a client remembers. */
const KNOWN = 256;

/** A request of the chain that redirects make, without its credential. */
interface Hop extends HttpRequest {
  /** Whether the credential is sent: until the chain has left the allowed gateways. */
  readonly carries: boolean;
}

/** What holds for a whole call. */
interface Call {
  /** The credential with which the call began. The call is sent for its user only. */
  readonly began: Held;
  readonly isIdempotent: (method: string) => boolean;
  readonly method: string;
  readonly deadline: number;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** The rule for sending a refused request once more. See `Verdict::allows_repetition` in the core. */
export function allowsRepetition(verdict: string, method: string, problemType: string | null): boolean {
  return verdict === 'try_again' && (IDEMPOTENT.includes(method) || UNSEEN.includes(problemType ?? ''));
}

/** The gateways of one client. */
export class Calls {
  readonly jars = new CookieJars();
  private readonly authorizations = new Map<number, Held>();
  private last = 0;

  constructor(
    private readonly gateways: readonly AllowedGateway[],
    private readonly project: string,
    private readonly responseLimit: number,
    private readonly transport: Transport,
    private readonly keeper: () => Keeper,
  ) {}

  /** Sends a call. Every status is an answer. */
  async send(asked: NativeRequest, signal: AbortSignal): Promise<NativeResponse> {
    let hop: Hop = { ...this.check(asked), carries: true };
    const deadline = this.transport.deadline(asked.timeoutMs);
    const call: Call = {
      began: await this.keeper().admitted(),
      isIdempotent: (method) => asked.idempotent || IDEMPOTENT.includes(method),
      method: hop.method,
      deadline,
      limit: asked.responseLimit ?? this.responseLimit,
      signal,
    };
    let repeated = false;
    for (let hops = 0; ;) {
      const { answer, carried } = await this.exchange(call, hop, hops > 0);
      const next = follow(hop, answer, (url) => this.gatewayOf(url) !== undefined);
      if (next) {
        hops += 1;
        if (hops > MOST) throw invalidRedirect();
        hop = next;
        continue;
      }
      if (lengthOf(answer) > call.limit) throw tooLarge();
      if (answer.status === 401 && !repeated && carried && (await this.shouldRepeat(call, hop, carried, answer))) {
        repeated = true;
        continue;
      }
      return { ...answer, url: hop.url.href, redirected: hops > 0 };
    }
  }

  /** The headers for a request that the app sends by itself. */
  async authorize(target: string): Promise<NativeAuthorization> {
    const { url, gateway } = this.resolve(target);
    const held = await this.keeper().admitted();
    const authorization = ++this.last;
    this.authorizations.set(authorization, held);
    this.authorizations.delete(authorization - KNOWN);
    return { authorization, userId: held.userId, headers: this.attached([], url, gateway, held) };
  }

  /** A gateway answered 401 to a request with an authorization. The verdict on it. */
  async reportUnauthorized(authorization: number): Promise<string> {
    const held = this.authorizations.get(authorization);
    if (!held) return 'undecided';
    const lives = await this.keeper().arbitrate(held);
    try {
      const now = this.keeper().now();
      if (now.epoch === held.epoch) return lives ? 'session_lives' : 'undecided';
      return now.userId === held.userId ? 'try_again' : 'other_user';
    } catch (failure) {
      if (isOf(failure, 'signed_out')) return 'signed_out';
      return isOf(failure, 'mfa_required') ? 'mfa_required' : 'undecided';
    }
  }

  /** Sends the present hop, each attempt with the credential of its moment. */
  private async exchange(call: Call, hop: Hop, wasSent: boolean): Promise<{ answer: HttpAnswer; carried?: Held }> {
    let carried: Held | undefined;
    const { url } = hop;
    const outgoing = () => {
      const held = this.keeper().now();
      if (held.userId !== call.began.userId) throw superseded();
      const gateway = hop.carries ? this.gatewayOf(url) : undefined;
      carried = gateway && held;
      return gateway ? { ...hop, headers: this.attached(hop.headers, url, gateway, held) } : hop;
    };
    const { deadline, signal } = call;
    const idempotent = call.isIdempotent(hop.method);
    const whole = { wasSent, idempotent: call.isIdempotent(call.method) };
    const answer = await this.transport.send(outgoing, { deadline, idempotent, whole, signal });
    if (!carried) return { answer };
    this.jars.keep(url, answer.headers);
    return { answer, carried };
  }

  /**
   * Whether the hop that was refused with 401 is sent once more: only with another credential of the same user, and only if that does
   * no harm. Fails if the session has ended or needs a factor.
   */
  private async shouldRepeat(call: Call, hop: Hop, held: Held, answer: HttpAnswer): Promise<boolean> {
    const problem = problemOf(answer);
    if (!UNDECIDED.includes(problem)) {
      const arbitrated = await within(call.deadline, this.keeper().arbitrate(held));
      if (!arbitrated) return false;
    }
    const now = this.keeper().now();
    const renewed = now.epoch !== held.epoch && now.userId === held.userId;
    return renewed && (call.isIdempotent(hop.method) || UNSEEN.includes(problem));
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

/**
 * The hop that follows after `answer`, or `undefined` if that is no redirect. The rule is that of `core/src/gateway/redirect.rs`: to
 * another allowed gateway go the body and headers that say nothing about the user, to other origins only GET and HEAD with such
 * headers, and from then on no credential.
 */
function follow(hop: Hop, answer: HttpAnswer, isGateway: (url: URL) => boolean): Hop | undefined {
  const method = nextMethod(answer.status, hop.method);
  const location = header(answer.headers, 'location');
  if (method === undefined || location === undefined) {
    return undefined;
  }
  const url = followable(location, hop.url);
  const body = method === hop.method ? { body: hop.body, bodyIsBase64: hop.bodyIsBase64 } : EMPTY;
  const headers = method === hop.method ? hop.headers : without(hop.headers, OF_BODY);
  if (url.origin === hop.url.origin) {
    return { method, url, headers, ...body, carries: hop.carries };
  }
  const carries = hop.carries && isGateway(url);
  if (!carries && (body.body !== '' || !['GET', 'HEAD'].includes(method))) {
    throw invalidRedirect();
  }
  const kept = carries ? [...PLAIN, ...OF_BODY] : PLAIN;
  return { method, url, headers: headers.filter(({ name }) => kept.includes(name.toLowerCase())), ...body, carries };
}

/** The URL of a redirect. From https to http nothing is followed. */
function followable(location: string, from: URL): URL {
  let url: URL;
  try {
    url = new URL(location, from);
  } catch {
    throw invalidRedirect();
  }
  const isPlain = url.protocol === 'http:';
  const isAllowed = url.protocol === 'https:' || (isPlain && from.protocol !== 'https:');
  if (!isAllowed || url.username !== '' || url.password !== '') throw invalidRedirect();
  return url;
}

/** Waits for `work` until `deadline`. Whether it was done by then; if it fails, so does this. */
async function within(deadline: number, work: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, deadline - Date.now());
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The type of the problem document that an answer holds, or nothing. */
function problemOf(answer: HttpAnswer): string {
  const kind = header(answer.headers, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  const { type } = (jsonOf(answer) ?? {}) as { type?: unknown };
  return kind === 'application/problem+json' && typeof type === 'string' ? type : '';
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
