/** WebSockets that are opened with the headers of `authorize`. React Native's own client is native, so Node makes the handshake here. */

import { get } from 'node:http';
import type { Socket } from 'node:net';

import type { Jvm } from '../jvm';
import { type Mock, PASSWORD } from '../mock';
import { load, start } from './support/world';

let jvm: Jvm;
let mock: Mock;

beforeAll(async () => {
  ({ jvm, mock } = await start());
});

afterAll(async () => {
  await mock.end();
  await jvm.end();
});

/** Opens the socket at `url` (`ws:`). What the server sends in it, frame by frame; or the status with which it was refused. */
async function open(url: string, headers: Readonly<Record<string, string>>): Promise<AsyncGenerator<Buffer> | number> {
  const upgrade = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
  };
  const request = get(url.replace('ws:', 'http:'), { headers: { ...headers, ...upgrade } });
  return new Promise((resolve, reject) => {
    request.on('upgrade', (_, socket, head) => resolve(frames(socket as Socket, head)));
    request.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    request.on('error', reject);
  });
}

/** The frames that a server sends: short ones, which are not masked. The first one can come with the head of the answer. */
async function* frames(socket: Socket, head: Buffer): AsyncGenerator<Buffer> {
  let rest = head;
  const chunks = socket[Symbol.asyncIterator]();
  for (;;) {
    // RFC 6455 §5.2: lengths above 125 follow in two bytes.
    const long = rest.length > 1 && rest[1] === 126;
    const begins = long ? 4 : 2;
    const ends = rest.length < begins ? Infinity : begins + (long ? rest.readUInt16BE(2) : rest[1]!);
    if (rest.length >= ends) {
      yield rest.subarray(begins, ends);
      rest = rest.subarray(ends);
      continue;
    }
    const { done, value } = await chunks.next();
    if (done) return;
    rest = Buffer.concat([rest, value as Buffer]);
  }
}

test('a socket of a gateway carries the credential, and is reported when the gateway has closed it', async () => {
  const ada = await mock.ada();
  jvm.prepare('store of the socket', undefined);
  const { face } = load(jvm);
  const session = face.createSessionClient(mock.config);
  await session.signInWithEmail('ada@example.com', PASSWORD);
  const live = `${mock.config.gateways[0]!.replace('http:', 'ws:')}/gateway/live`;

  const authorization = await session.authorize(live);
  const socket = await open(live, authorization.headers);
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
  const first: Buffer = (await socket.next()).value;
  expect(JSON.parse(first.toString())).toMatchObject({ userId: ada, carriers: 1 });
  await mock.control('DELETE', `/users/${ada}/sessions`);
  const closed: Buffer = (await socket.next()).value;
  expect([closed.readUInt16BE(0), closed.subarray(2).toString()]).toEqual([4401, 'session_invalid']);

  expect(session.state).toMatchObject({ kind: 'signedIn' });
  expect(await session.reportUnauthorized(authorization)).toBe('signed_out');
  expect(session.state).toMatchObject({ kind: 'signedOut', reason: 'session_ended' });
  expect(await open(live, authorization.headers)).toBe(401);
});

test('the URL of a socket of another origin is refused', async () => {
  jvm.prepare('another store', undefined);
  const { face } = load(jvm);
  const session = face.createSessionClient(mock.config);
  await expect(session.authorize('wss://evil.example/live')).rejects.toMatchObject({
    code: 'origin_not_allowed',
    origin: 'wss://evil.example',
  });
});
