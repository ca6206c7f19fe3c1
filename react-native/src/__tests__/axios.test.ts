/**
 * The axios interceptor, with real axios over real HTTP.
 *
 * @jest-environment node
 */

import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios';

import type { Authorization } from '../authorization';
import { authorizeAxios } from '../axios';
import { SessionError } from '../errors';
import type { SessionClient } from '../session-client';

let gateway: Server;
let other: Server;
let seen: IncomingHttpHeaders[];
let methods: string[];
let bodies: string[];
let status: number;
/** The next answers; after them every answer has `status`. */
let script: { status: number; headers?: Record<string, string> }[];

const origin = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const serve = () =>
  new Promise<Server>((resolve) => {
    const server = createServer((request, response) => {
      seen.push(request.headers);
      methods.push(`${request.method} ${request.url}`);
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on('end', () => {
        const { status: next, headers = {} } = script.shift() ?? { status };
        response.writeHead(next, headers).end();
      });
    });
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });

/** A session whose one gateway is the server. */
class Session {
  asked: string[] = [];
  reported: Authorization[] = [];
  refusal: SessionError | undefined;
  authorization: Authorization = { headers: { 'X-Appwrite-Session': 'credential' }, userId: 'ada' };
  rule: unknown[][] = [];
  allowed = false;

  readonly client = {
    authorize: async (target: string) => {
      this.asked.push(target);
      if (this.refusal) throw this.refusal;
      if (!target.startsWith(`${origin(gateway)}/`)) throw new SessionError('origin_not_allowed', 'no');
      return Promise.resolve(this.authorization);
    },
    reportUnauthorized: (authorization: Authorization) => {
      this.reported.push(authorization);
      return this.reports();
    },
    allowsRepetition: (...args: unknown[]) => {
      this.rule.push(args);
      return this.allowed;
    },
  } as unknown as SessionClient;

  reports: () => Promise<unknown> = () => Promise.resolve('undecided');
}

let session: Session;
let instance: AxiosInstance;

beforeAll(async () => {
  gateway = await serve();
  other = await serve();
});

afterAll(() => {
  gateway.close();
  other.close();
});

beforeEach(() => {
  seen = [];
  methods = [];
  bodies = [];
  script = [];
  status = 200;
  session = new Session();
  instance = axios.create({ adapter: 'http', baseURL: origin(gateway), withCredentials: true });
});

test('a request to a gateway carries the credential, and no cookies of the platform', async () => {
  authorizeAxios(instance, session.client);
  const { config } = await instance.get('/orders', { params: { page: 2 } });
  expect(session.asked).toEqual([`${origin(gateway)}/orders?page=2`]);
  expect(seen[0]).toMatchObject({ 'x-appwrite-session': 'credential' });
  expect(config.withCredentials).toBe(false);
});

test('the credential takes the place of a cookie of the app', async () => {
  session.authorization = { headers: { Cookie: 'a_session_demo=credential' }, userId: 'ada' };
  authorizeAxios(instance, session.client);
  await instance.get('/orders', { headers: { cookie: 'a_session_demo=old' } });
  expect(seen[0]?.cookie).toBe('a_session_demo=credential');
});

test('requests to others are left as they are', async () => {
  authorizeAxios(instance, session.client);
  const { config } = await instance.get(`${origin(other)}/`);
  expect(seen[0]).not.toHaveProperty('x-appwrite-session');
  expect(config.withCredentials).toBe(true);
  session.refusal = new SessionError('config', 'not https');
  await instance.get(`${origin(other)}/`);
  expect(seen).toHaveLength(2);
});

test('a relative URL is of nobody', async () => {
  instance.defaults.baseURL = undefined;
  instance.defaults.adapter = (config) =>
    Promise.resolve({ data: '', status: 200, statusText: '', headers: {}, config });
  authorizeAxios(instance, session.client);
  const { config } = await instance.get('/orders');
  expect(session.asked).toEqual([]);
  expect(config.headers.has('X-Appwrite-Session')).toBe(false);
});

test('a 401 of a gateway is reported, and remains the answer', async () => {
  status = 401;
  authorizeAxios(instance, session.client);
  await expect(instance.get('/orders')).rejects.toMatchObject({ response: { status: 401 } });
  expect(session.reported).toEqual([session.authorization]);
});

test('a 401 that the app takes for a success is reported as well', async () => {
  status = 401;
  authorizeAxios(instance, session.client);
  expect(await instance.get('/orders', { validateStatus: () => true })).toMatchObject({ status: 401 });
  expect(session.reported).toEqual([session.authorization]);
});

test('a 401 remains the answer when nobody can be asked', async () => {
  status = 401;
  session.reports = () => Promise.reject(new SessionError('closed', 'the client is closed'));
  authorizeAxios(instance, session.client);
  await expect(instance.get('/orders')).rejects.toMatchObject({ response: { status: 401 } });
});

describe('a refused request', () => {
  /** The same user has another credential from now on, and the rule of the core allows a repetition. */
  const renew = (userId = 'ada') => {
    session.allowed = true;
    session.reports = () => {
      session.authorization = { headers: { 'X-Appwrite-Session': 'renewed' }, userId };
      return Promise.resolve('try_again');
    };
  };

  test('is sent once more with the new credential if the rule allows it', async () => {
    script = [{ status: 401, headers: { 'X-Problem-Type': 'session_invalid' } }];
    renew();
    authorizeAxios(instance, session.client);
    const answer = await instance.post('/orders', { cups: 2 });
    expect(answer.status).toBe(200);
    expect(session.rule).toEqual([['try_again', 'post', 'session_invalid']]);
    expect(seen.map((headers) => headers['x-appwrite-session'])).toEqual(['credential', 'renewed']);
    expect(methods).toEqual(['POST /orders', 'POST /orders']);
    expect(bodies).toEqual(['{"cups":2}', '{"cups":2}']);
  });

  test('is sent once more also if the app takes 401 for a success', async () => {
    script = [{ status: 401 }];
    renew();
    authorizeAxios(instance, session.client);
    expect((await instance.get('/orders', { validateStatus: () => true })).status).toBe(200);
  });

  test('is not sent once more if the rule forbids it', async () => {
    status = 401;
    renew();
    session.allowed = false;
    authorizeAxios(instance, session.client);
    await expect(instance.post('/orders')).rejects.toMatchObject({ response: { status: 401 } });
    expect(session.rule).toEqual([['try_again', 'post', null]]);
    expect(methods).toEqual(['POST /orders']);
  });

  test('is sent once more only once', async () => {
    status = 401;
    renew();
    authorizeAxios(instance, session.client);
    await expect(instance.get('/orders')).rejects.toMatchObject({ response: { status: 401 } });
    expect(methods).toHaveLength(2);
    expect(session.reported).toHaveLength(2);
  });

  test('is not sent as another user who signs in meanwhile', async () => {
    status = 401;
    renew('bob');
    authorizeAxios(instance, session.client);
    await expect(instance.get('/orders')).rejects.toMatchObject({ code: 'superseded', mayHaveArrived: true });
    expect(seen.map((headers) => headers['x-appwrite-session'])).toEqual(['credential']);
  });

  test('is not sent once more after a redirect, which would repeat what came before it', async () => {
    script = [{ status: 303, headers: { Location: '/orders/1' } }, { status: 401 }];
    renew();
    authorizeAxios(instance, session.client);
    await expect(instance.post('/orders')).rejects.toMatchObject({ response: { status: 401 } });
    expect(methods).toEqual(['POST /orders', 'GET /orders/1']);
  });

  test('is not sent once more if it is not known whether there was a redirect', async () => {
    const adapter = jest.fn((config: InternalAxiosRequestConfig) =>
      Promise.resolve({ data: '', status: 401, statusText: '', headers: {}, config, request: {} }),
    );
    renew();
    authorizeAxios(instance, session.client);
    expect((await instance.get('/orders', { adapter })).status).toBe(401);
    expect(adapter).toHaveBeenCalledTimes(1);
  });

  test('is sent once more where the answer says its URL as in React Native', async () => {
    const statuses = [401, 200];
    const adapter = (config: InternalAxiosRequestConfig) => {
      const request = { responseURL: `${origin(gateway)}/orders` };
      return Promise.resolve({ data: '', status: statuses.shift() ?? 0, statusText: '', headers: {}, config, request });
    };
    renew();
    authorizeAxios(instance, session.client);
    expect((await instance.get('/orders#top', { adapter })).status).toBe(200);
  });

  test('is not sent once more with a body that can be read only once', async () => {
    status = 401;
    renew();
    authorizeAxios(instance, session.client);
    await expect(instance.put('/orders', Readable.from(['once']))).rejects.toMatchObject({ response: { status: 401 } });
    expect(methods).toEqual(['PUT /orders']);
  });
});

test('other errors and the 401s of others are not reported', async () => {
  authorizeAxios(instance, session.client);
  status = 500;
  await expect(instance.get('/orders')).rejects.toMatchObject({ response: { status: 500 } });
  status = 401;
  await expect(instance.get(`${origin(other)}/`)).rejects.toMatchObject({ response: { status: 401 } });
  const aborted = new AbortController();
  aborted.abort();
  await expect(instance.get('/orders', { signal: aborted.signal })).rejects.toMatchObject({
    code: 'ERR_CANCELED',
  });
  expect(session.reported).toEqual([]);
});

test('a request that an interceptor of the app copies is still reported', async () => {
  status = 401;
  instance.interceptors.request.use((config) => ({ ...config }));
  authorizeAxios(instance, session.client);
  instance.interceptors.request.use((config) => ({ ...config }));
  await expect(instance.get('/orders')).rejects.toMatchObject({ response: { status: 401 } });
  expect(session.reported).toHaveLength(1);
});

test('a gateway is not called by nobody: the request fails with the SessionError', async () => {
  session.refusal = new SessionError('signed_out', 'nobody is signed in', { reason: 'no_session' });
  authorizeAxios(instance, session.client);
  await expect(instance.get('/orders')).rejects.toBe(session.refusal);
  expect(seen).toEqual([]);
});

test('once it is ended requests are plain again', async () => {
  const end = authorizeAxios(instance, session.client);
  end();
  await instance.get('/orders');
  expect(session.asked).toEqual([]);
  expect(seen[0]).not.toHaveProperty('x-appwrite-session');
});
