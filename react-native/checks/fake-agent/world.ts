/** The commands about the world, which the fake answers as the mock Appwrite's controls do: see `tests/mock-appwrite/README.md`. */

import { fakeSession } from '../../src/fake';
import type { Fault, FaultOptions, OrderedFault } from '../../src/fake';
import type { Answer, Command } from '../agent/protocol';
import { PROJECT, serveGateway } from './gateway';

const ENDPOINT = 'http://127.0.0.1:4001/v1';
const GATEWAY = 'http://127.0.0.1:4002';
const FOREIGN = 'http://127.0.0.1:4003';

/** The names of the scenarios for what carries. */
const CARRIERS = { cookie: 'cookie', session_header: 'session-header', fallback_cookies: 'fallback', none: 'none' };

const { world } = fakeSession;
const ordered: OrderedFault[] = [];

/** Answers a command about the world. */
export async function ask(command: Command): Promise<Answer | undefined> {
  switch (command.do) {
    case 'world':
      if (command.profile === '1.5') world.appwrite.blockedStatus = 401;
      serveGateway(fakeSession.gateway);
      serveGateway(fakeSession.site(FOREIGN));
      return { ok: { endpoint: ENDPOINT, gateway: GATEWAY, foreign: FOREIGN, project: PROJECT } };
    case 'person': {
      const { email, password, mfa } = command as Command & { email: string; password: string; mfa: boolean };
      return { ok: fakeSession.user({ email, password, mfa }).id };
    }
    case 'mock': {
      const { method, path, body } = command as Command & { method: string; path: string; body: unknown };
      return { ok: await control(method, new URL(path, ENDPOINT), (body ?? {}) as Record<string, unknown>) };
    }
    case 'wire':
      return { ok: world.journal.entries.filter(({ number }) => number > Number(command.since)).map(line) };
    default:
      return undefined;
  }
}

function line({ number, by, to, method, path, carrier, carriers, status }: (typeof world.journal.entries)[number]) {
  const listener = to === FOREIGN ? 'foreign' : to;
  const caller = by === 'gateway' ? 'gateway' : 'client';
  return { seq: number, caller, method, listener, path, carrier: CARRIERS[carrier], carriers, status: status ?? null };
}

/** What the list says to the mock's controls. */
async function control(method: string, { pathname, searchParams }: URL, body: Record<string, unknown>) {
  const [what, id = '', more] = pathname.slice(1).split('/');
  const user = world.appwrite.users.find((each) => each.id === id);
  switch (`${method} ${[what, id && ':id', more].filter(Boolean).join('/')}`) {
    case 'PATCH users/:id':
      if (user) user.blocked = body.status === false;
      return null;
    case 'GET users/:id/totp':
      return { code: user?.totp() };
    case 'GET users/:id/sessions':
      return user?.sessions.map((session) => ({ sessionId: session.id }));
    case 'POST users/:id/sessions': {
      const opened = user?.signInElsewhere();
      return { sessionId: opened?.id, credential: opened?.credential };
    }
    case 'DELETE users/:id/sessions':
      user?.revokeSessions();
      return null;
    case 'POST users/:id/tokens':
      return { userId: id, secret: user?.token() };
    case 'POST faults':
      return { id: order(body) };
    case 'DELETE faults':
      world.faults.clear();
      return null;
    case 'GET faults/:id':
      await ordered[Number(id) - 1]?.struck(Number(searchParams.get('hits')));
      return null;
    case 'POST faults/:id/release':
      ordered[Number(id) - 1]?.release();
      return null;
    case 'GET journal':
      await world.journal.untilHungUp(Number(searchParams.get('hungUp')));
      return null;
    default:
      throw new Error(`the fake's controls do not know ${method} ${pathname}`);
  }
}

/** Orders a fault in the words of the mock, and gives its number. */
function order(body: Record<string, unknown>): number {
  const { method, path, listener, times, fault } = body as {
    method?: string;
    path: string;
    listener?: string;
    times?: number;
    fault: { kind: string; status?: number; retryAfter?: number };
  };
  const options: FaultOptions = { times: times ?? 1, to: listener };
  return ordered.push(fakeSession.fault(method ? `${method} ${path}` : path, faultOf(fault), options));
}

function faultOf({ kind, status = 500, retryAfter }: { kind: string; status?: number; retryAfter?: number }): Fault {
  switch (kind) {
    case 'hold':
    case 'hang':
      return kind;
    case 'hold_answer':
      return 'holdAnswer';
    case 'reset_before':
      return 'network';
    case 'reset_after':
      return 'lostAnswer';
    case 'status':
      return { status };
    case 'unavailable':
      return { status: 503, retryAfter: retryAfter ?? 1 };
    case 'rate_limited':
      return { status: 429, retryAfter };
    case 'html':
      return { status, html: true };
    default:
      throw new Error(`the fake has no fault ${kind}`);
  }
}
