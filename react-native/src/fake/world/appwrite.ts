/** The fake Appwrite: users and sessions, and the part of the account API that the client uses. */

import { blobOf, carriedBy, cookieName, readBlob } from './credential';
import type { HttpAnswer, HttpRequest } from './http';
import { EMPTY, header, json, jsonOf } from './http';
import type { Site } from './network';
import type { FakeSessionInfo, UserOptions } from './users';
import { FakeUser } from './users';

/** Status and `type` of a refusal. */
class Refused extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
  ) {
    super(type);
  }
}

/** The user and the session of a request. */
interface Caller {
  user: FakeUser;
  session: FakeSessionInfo;
}

type Input = Record<string, unknown>;

/** The routes that work while a second factor is missing. */
const WITHOUT_FACTOR = ['GET /account/mfa/factors', 'POST /account/mfa/challenge', 'PUT /account/mfa/challenge'];

/** The fake Appwrite. */
export class Appwrite implements Site {
  readonly name = 'appwrite';
  users: FakeUser[] = [];
  /** The status of `user_blocked`, which is 401 before 1.9. */
  blockedStatus = 403;
  private made = 0;
  private readonly endpoints = new Set<string>();

  /** Makes a user. */
  addUser(options: UserOptions): FakeUser {
    const user = new FakeUser(++this.made, options);
    if (this.users.some((each) => each.id === user.id || (user.email !== undefined && each.email === user.email))) {
      throw new Error(`there is a user ${user.email ?? user.id} already`);
    }
    this.users.push(user);
    return user;
  }

  /** Adds an endpoint. */
  serve(endpoint: string): void {
    this.endpoints.add(endpoint);
  }

  /** One of its endpoints. */
  endpoint(): string | undefined {
    return [...this.endpoints][0];
  }

  /** Whether a URL belongs to its API. */
  owns(url: URL): boolean {
    return [...this.endpoints].some((endpoint) => `${url.origin}${url.pathname}`.startsWith(`${endpoint}/`));
  }

  answer(request: HttpRequest): HttpAnswer {
    const { method } = request;
    // The endpoint may be below a path of its own.
    const path = request.url.pathname.replace(/^.*?\/v1\//, '/');
    const input = (jsonOf(request) ?? {}) as Input;
    try {
      if (method === 'POST' && (path === '/account' || path.startsWith('/account/sessions/'))) {
        return this.answerGuest(path, input, header(request.headers, 'x-appwrite-project') ?? '');
      }
      const caller = this.identify(request, WITHOUT_FACTOR.includes(`${method} ${path}`));
      return this.answerUser(`${method} ${path}`, caller, input);
    } catch (refused) {
      if (!(refused instanceof Refused)) {
        throw refused;
      }
      const { status, type } = refused;
      return json(status, { message: 'refused by the fake Appwrite', code: status, type });
    }
  }

  private answerGuest(path: string, input: Input, project: string): HttpAnswer {
    switch (path) {
      case '/account':
        return this.signUp(input);
      case '/account/sessions/email':
        return opened(this.byPassword(input), 'email', 'password', project);
      case '/account/sessions/anonymous':
        return opened(this.addUser({}), 'anonymous', 'anonymous', project);
      case '/account/sessions/token':
        return opened(this.byToken(input), 'token', 'token', project);
      default:
        throw new Refused(404, 'general_route_not_found');
    }
  }

  private signUp(input: Input): HttpAnswer {
    const [email, password, name] = [text(input, 'email'), text(input, 'password'), text(input, 'name')];
    if (!/^\S+@\S+$/.test(email) || password.length < 8 || password.length > 256) {
      throw new Refused(400, 'general_argument_invalid');
    }
    if (this.users.some((user) => user.email === email.toLowerCase())) {
      throw new Refused(409, 'user_already_exists');
    }
    return json(201, accountBody(this.addUser({ email, password, name })));
  }

  private byPassword(input: Input): FakeUser {
    const user = this.users.find((each) => each.email === text(input, 'email').toLowerCase());
    if (user?.password === undefined || user.password !== text(input, 'password')) {
      throw new Refused(401, 'user_invalid_credentials');
    }
    if (user.blocked) {
      throw new Refused(this.blockedStatus, 'user_blocked');
    }
    return user;
  }

  private byToken(input: Input): FakeUser {
    const user = this.users.find((each) => each.id === text(input, 'userId'));
    const index = user ? user.tokens.indexOf(text(input, 'secret')) : -1;
    if (!user || index < 0) {
      throw new Refused(401, 'user_invalid_token');
    }
    user.tokens[index] = '';
    return user;
  }

  private identify(request: HttpRequest, withoutFactor: boolean): Caller {
    const proof = readBlob(carriedBy(request.headers).blob ?? '');
    const user = this.users.find((each) => each.id === proof?.userId);
    const session = user?.sessions.find((each) => each.secret === proof?.secret && each.expiresAtMs > Date.now());
    if (!user || !session) {
      throw new Refused(401, 'general_unauthorized_scope');
    }
    if (user.blocked) {
      throw new Refused(this.blockedStatus, 'user_blocked');
    }
    // Deleting a session is always allowed.
    const ends = request.method === 'DELETE' && /\/sessions\/./.test(request.url.pathname);
    if (user.mfa && session.factors.length < 2 && !withoutFactor && !ends) {
      throw new Refused(401, 'user_more_factors_required');
    }
    return { user, session };
  }

  private answerUser(route: string, caller: Caller, input: Input): HttpAnswer {
    const { user, session } = caller;
    switch (route) {
      case 'GET /account':
        return json(200, accountBody(user));
      case 'GET /account/sessions': {
        const sessions = user.sessions.map((each) => sessionBody(user, each, each === session));
        return json(200, { total: sessions.length, sessions });
      }
      case 'DELETE /account/sessions':
        user.sessions = [];
        return { status: 204, headers: [], ...EMPTY };
      case 'GET /account/mfa/factors':
        return json(200, { totp: user.mfa, email: false, phone: false, recoveryCode: false });
      case 'POST /account/mfa/challenge':
        return challenged(user, text(input, 'factor'));
      case 'PUT /account/mfa/challenge':
        return answerChallenge(caller, text(input, 'challengeId'), text(input, 'otp'));
      default:
        return answerSession(route, caller);
    }
  }
}

/** A request about one session, by its id. `current` is the caller's own. */
function answerSession(route: string, { user, session }: Caller): HttpAnswer {
  const [, method, id] = /^(\w+) \/account\/sessions\/([^/]+)$/.exec(route) ?? [];
  if (id === undefined) {
    throw new Refused(404, 'general_route_not_found');
  }
  const meant = id === 'current' ? session : user.sessions.find((each) => each.id === decodeURIComponent(id));
  if (!meant) {
    throw new Refused(404, 'user_session_not_found');
  }
  switch (method) {
    case 'DELETE':
      user.sessions = user.sessions.filter((each) => each !== meant);
      return { status: 204, headers: [], ...EMPTY };
    case 'PATCH':
      meant.expiresAtMs = Date.now() + (meant.expiresAtMs - meant.createdAtMs);
      break;
  }
  return json(200, sessionBody(user, meant, meant === session));
}

function challenged(user: FakeUser, factor: string): HttpAnswer {
  if (factor !== 'totp' || !user.mfa) {
    throw new Refused(400, 'general_argument_invalid');
  }
  const id = `challenge-${user.id}-${user.challenges.length}`;
  user.challenges.push(id);
  return json(201, { $id: id, userId: user.id, expire: new Date(Date.now() + 3_600_000).toISOString() });
}

function answerChallenge({ user, session }: Caller, id: string, code: string): HttpAnswer {
  const index = user.challenges.indexOf(id);
  if (index < 0 || code !== user.totp()) {
    throw new Refused(401, 'user_invalid_token');
  }
  user.challenges[index] = '';
  session.factors = [...session.factors, 'totp'];
  return json(200, sessionBody(user, session, false));
}

/** Creates a session and sets its cookie. Appwrite sends the credential only in this cookie. */
function opened(user: FakeUser, provider: string, factor: string, project: string): HttpAnswer {
  const session = user.open(provider, [factor]);
  const value = `${cookieName(project)}=${blobOf(user.id, session.secret)}; path=/; secure; httponly`;
  return json(201, sessionBody(user, session, true), [{ name: 'set-cookie', value }]);
}

function accountBody(user: FakeUser) {
  return {
    $id: user.id,
    name: user.name,
    email: user.email ?? '',
    phone: '',
    emailVerification: user.emailVerified,
    phoneVerification: false,
    mfa: user.mfa,
    labels: user.labels,
    prefs: user.preferences,
    registration: new Date(user.registeredAtMs).toISOString(),
  };
}

function sessionBody(user: FakeUser, session: FakeSessionInfo, current: boolean) {
  return {
    $id: session.id,
    userId: user.id,
    $createdAt: new Date(session.createdAtMs).toISOString(),
    expire: new Date(session.expiresAtMs).toISOString(),
    provider: session.provider,
    current,
    factors: session.factors,
    ip: '127.0.0.1',
    osName: '',
    clientName: '',
    deviceName: '',
    countryName: '',
  };
}

function text(input: Input, name: string): string {
  const value = input[name];
  return typeof value === 'string' ? value : '';
}
