/** The commands about the world, which the fake holds: see `tests/scenarios/README.md`. */

import { fakeSession, type FakeRequest, type Profile } from '../../src/fake';
import type { HttpAnswer } from '../../src/fake/core';
import type { Answer, Command } from '../agent/protocol';
import { PROJECT, serveGateway } from './gateway';

const ENDPOINT = 'http://127.0.0.1:4001/v1';
const GATEWAY = 'http://127.0.0.1:4002';
const FOREIGN = 'http://127.0.0.1:4003';

/** The names of the scenarios for what carries, where the fake has others. */
const CARRIERS: Record<string, string> = { session_header: 'session-header', fallback_cookies: 'fallback' };

/** Answers a command about the world. */
export async function ask(command: Command): Promise<Answer | undefined> {
  switch (command.do) {
    case 'world':
      fakeSession.reset({ profile: command.profile as Profile });
      serveGateway(fakeSession.gateway);
      serveGateway(fakeSession.site(FOREIGN));
      return { ok: { endpoint: ENDPOINT, gateway: GATEWAY, foreign: FOREIGN, project: PROJECT } };
    case 'person': {
      const { email, password, mfa } = command as Command & { email: string; password: string; mfa: boolean };
      return { ok: fakeSession.user({ email, password, mfa }).id };
    }
    case 'mock':
      return { ok: await control(command as Command & Asked) };
    case 'wire':
      return { ok: fakeSession.exchanges.filter(({ number }) => number > Number(command.since)).map(line) };
    default:
      return undefined;
  }
}

/** What the list says to the mock's controls. */
interface Asked {
  method: string;
  path: string;
  body?: { listener?: string } | null;
}

async function control({ method, path, body }: Asked): Promise<unknown> {
  const listener = body?.listener === 'foreign' ? { listener: FOREIGN } : {};
  const asked = { method, path, body: body ? { ...body, ...listener } : undefined };
  const answer = (await fakeSession.core.call('control', asked)) as HttpAnswer;
  if (answer.status >= 400) throw new Error(`the controls refused ${method} ${path}: ${answer.body}`);
  return answer.body === '' ? null : JSON.parse(answer.body);
}

function line({ number, by, to, method, path, carrier, carriers, status }: FakeRequest) {
  const listener = to === FOREIGN ? 'foreign' : to;
  const caller = by === 'gateway' ? 'gateway' : 'client';
  return {
    seq: number,
    caller,
    method,
    listener,
    path,
    carrier: CARRIERS[carrier] ?? carrier,
    carriers,
    status: status ?? null,
  };
}
