/** What `fetch` does beyond the standard, and how it speaks with the native side. */

import { createSessionClient } from '../client';
import { SessionError } from '../errors';
import type { NativeRequest, NativeResponse } from '../NativeAppwriteSession';
import { native, rejection } from './support/native';

jest.mock('../NativeAppwriteSession', () => ({
  __esModule: true,
  default: jest.requireActual<typeof import('./support/native')>('./support/native').native.module,
}));

const build = () =>
  createSessionClient({
    endpoint: 'https://x.example/v1',
    project: 'demo',
    gateways: ['https://api.example'],
    followAppState: false,
  });

const answer: NativeResponse = {
  url: 'https://api.example/orders',
  redirected: false,
  status: 200,
  headers: [],
  body: '',
  bodyIsBase64: false,
};

/** Waits until the native side was asked to send, and tells what. */
async function sent(): Promise<NativeRequest> {
  for (let turn = 0; turn < 100; turn++) {
    if (native.calls.some((call) => call.method === 'send')) break;
    await new Promise(setImmediate);
  }
  return native.call('send').args[2] as NativeRequest;
}

/** What `work` throws. */
function failureOf(work: () => unknown): SessionError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof SessionError) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}

const base64 = (text: string | Uint8Array) => Buffer.from(text as string).toString('base64');

beforeEach(() => {
  native.reset();
});

describe('a request', () => {
  test('is a GET of the path, for everything', async () => {
    void build().fetch('/orders?page=2');
    expect(await sent()).toEqual({
      method: 'GET',
      target: '/orders?page=2',
      headers: [{ name: 'accept', value: '*/*' }],
      body: '',
      bodyIsBase64: false,
      idempotent: false,
      observed: false,
    });
    expect(native.call('send').args.slice(0, 2)).toEqual([1, 1]);
  });

  test('can have a time and a limit of its own, and can be idempotent', async () => {
    void build().fetch('/orders', { method: 'POST', timeoutMs: 1500, idempotent: true, responseLimit: 9 });
    expect(await sent()).toMatchObject({ timeoutMs: 1500, idempotent: true, responseLimit: 9 });
  });

  test('keeps header lines of one name apart if they are given as pairs', async () => {
    const headers: [string, string][] = [
      ['X-Tag', ' one '],
      ['x-tag', 'two'],
      ['Accept', 'text/plain'],
    ];
    void build().fetch('/orders', { method: 'POST', body: 'text', headers });
    expect((await sent()).headers).toEqual([
      { name: 'x-tag', value: 'one' },
      { name: 'x-tag', value: 'two' },
      { name: 'accept', value: 'text/plain' },
      { name: 'content-type', value: 'text/plain;charset=UTF-8' },
    ]);
  });

  test.each([0, -1, 1.5, NaN])('cannot have the limit %p', async (responseLimit) => {
    await expect(build().fetch('/orders', { responseLimit })).rejects.toMatchObject({ code: 'config' });
  });

  test.each([NaN, -1, Infinity, '5' as unknown as number])('cannot have the time %p', async (timeoutMs) => {
    await expect(build().fetch('/orders', { timeoutMs })).rejects.toMatchObject({ code: 'config' });
  });

  test('spells PATCH as gateways do, like the fetch of React Native', async () => {
    void build().fetch('/orders', { method: 'patch' });
    expect(await sent()).toMatchObject({ method: 'PATCH' });
  });

  test('leaves a method that it does not know as it is', async () => {
    void build().fetch('/orders', { method: 'chicken' });
    expect(await sent()).toMatchObject({ method: 'chicken' });
  });

  test.each(['manual', 'error'])('with redirect: %p is refused, not sent otherwise', async (redirect) => {
    const init = { redirect } as RequestInit;
    await expect(build().fetch('/orders', init)).rejects.toMatchObject({ code: 'config' });
    expect(native.calls.map((call) => call.method)).toEqual(['createClient']);
  });

  test('that asks for what means nothing here is sent', async () => {
    const init = { redirect: 'follow', credentials: 'omit', mode: 'no-cors', cache: 'no-store' } as RequestInit;
    void build().fetch('/orders', init);
    expect(await sent()).toMatchObject({ target: '/orders' });
  });
});

describe('a body', () => {
  const post = async (body: unknown) => {
    void build().fetch('/orders', { method: 'POST', body: body as string });
    return sent();
  };

  test('of text stays text', async () => {
    expect(await post('{"a":"ü"}')).toMatchObject({ body: '{"a":"ü"}', bodyIsBase64: false });
  });

  test('of text with a NUL travels as bytes, since iOS would end the text there', async () => {
    expect(await post('a\0b')).toMatchObject({ body: base64('a\0b'), bodyIsBase64: true });
  });

  test('of text with half a surrogate travels as bytes, with the replacement character', async () => {
    expect(await post('a\ud83d')).toMatchObject({ body: base64('a\uFFFD'), bodyIsBase64: true });
    native.reset();
    expect(await post('\udc4d👍')).toMatchObject({ body: base64('\uFFFD👍'), bodyIsBase64: true });
  });

  test('of bytes is base64, of the view only', async () => {
    const buffer = Uint8Array.from([0, 1, 254, 255]).buffer;
    expect(await post(new Uint8Array(buffer, 1, 2))).toMatchObject({
      body: base64(Uint8Array.of(1, 254)),
      bodyIsBase64: true,
    });
    native.reset();
    expect(await post(buffer)).toMatchObject({ body: base64(Uint8Array.of(0, 1, 254, 255)), bodyIsBase64: true });
  });

  test('of a form of React Native is its texts; a Blob in it is refused with words', async () => {
    const headers = { 'content-disposition': 'form-data; name="a"' };
    const parts: object[] = [{ string: '1', headers, fieldName: 'a' }];
    const form = Object.assign(new FormData(), { entries: undefined, getParts: () => parts });
    expect((await post(form)).body).toMatch(
      /^--\S+\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--\S+--\r\n$/,
    );
    parts.push({ _data: {}, headers, fieldName: 'photo' });
    const call = build().fetch('/orders', { method: 'POST', body: form });
    await expect(call).rejects.toMatchObject({
      code: 'config',
      message:
        'a form with a Blob cannot be sent in React Native; send it as the body of a request of its own, or add a file by its uri',
    });
  });

  test('of a file is its URI, and the content type is left to the native side', async () => {
    const body = { uri: 'content://media/1', name: undefined, type: 'image/jpeg', more: 1 };
    const { headers, ...request } = await post(body);
    expect(headers).toEqual([{ name: 'accept', value: '*/*' }]);
    expect(request).toMatchObject({ body: '', bodyIsBase64: false });
    expect(request.file).toEqual({ uri: 'content://media/1', type: 'image/jpeg' });
    expect(request.form).toBeUndefined();
  });

  test('of a form with a file is its fields, in order', async () => {
    const file = { uri: 'file:///a.jpg', name: 'a.jpg', type: 'image/jpeg' };
    const headers = { 'content-disposition': 'form-data; name="x"' };
    const parts = [
      { string: 'one\ntwo', headers, fieldName: 'title' },
      { ...file, headers, fieldName: 'photo' },
      { string: '\0', headers, fieldName: 'zero' },
    ];
    const form = Object.assign(new FormData(), { entries: undefined, getParts: () => parts });
    const request = await post(form);
    expect(request.headers).toEqual([{ name: 'accept', value: '*/*' }]);
    expect(request.form).toEqual([
      { name: 'title', body: 'one\r\ntwo', bodyIsBase64: false },
      { name: 'photo', body: '', bodyIsBase64: false, file },
      { name: 'zero', body: base64('\0'), bodyIsBase64: true },
    ]);
  });

  test('of a form with a file can have a Blob where the platform reads one', async () => {
    const entries = [
      ['photo', { uri: 'file:///a.jpg' }],
      ['note', new Blob(['hi'], { type: 'text/x-note' } as never)],
    ];
    const form = Object.assign(new FormData(), { entries: () => entries });
    expect((await post(form as never)).form).toEqual([
      { name: 'photo', body: '', bodyIsBase64: false, file: { uri: 'file:///a.jpg' } },
      { name: 'note', body: base64('hi'), bodyIsBase64: true, fileName: 'blob', contentType: 'text/x-note' },
    ]);
  });

  test.each([
    [
      'a photo of iOS',
      { uri: 'PH://8A4B/L0/001', type: 'image/jpeg' },
      'a URI with the scheme ph cannot be sent; copy it to a file of the app, and pass the file:// URI of that',
    ],
    [
      'a path',
      { uri: '/photo.jpg' },
      'a path cannot be sent; copy it to a file of the app, and pass the file:// URI of that',
    ],
    ['a file without a URI', { uri: 7 }, 'uri must be a string, but got number'],
    ['a stream', new ReadableStream(), 'a stream cannot be sent yet; read it, and send its bytes'],
  ])('of %s is refused with words', async (_, body, message) => {
    const call = build().fetch('/orders', { method: 'POST', body: body as unknown as string });
    await expect(call).rejects.toBeInstanceOf(SessionError);
    await expect(call).rejects.toMatchObject({ code: 'config', message });
  });
});

describe('progress', () => {
  const transfer = (call: number, bytes: number, more = {}) => {
    native.emitTransfer({ client: 1, call, direction: 'up', bytes, ...more });
  };

  test('is told of the own call only, until it is over', async () => {
    const onProgress = jest.fn();
    const session = build();
    const response = session.fetch('/photo', { method: 'PUT', body: 'photo', onProgress });
    expect(await sent()).toMatchObject({ observed: true });
    transfer(1, 2, { total: 5 });
    transfer(2, 3);
    transfer(1, 3, { client: 2 });
    transfer(1, 5);
    native.call('send').resolve(answer);
    await response;
    transfer(1, 6);
    expect(onProgress.mock.calls).toEqual([[{ direction: 'up', bytes: 2, total: 5 }], [{ direction: 'up', bytes: 5 }]]);
    expect(native.transferEars).toBe(0);
  });

  test('is not told after an abort', async () => {
    const onProgress = jest.fn();
    const abort = new AbortController();
    const response = build().fetch('/photo', { method: 'PUT', body: 'photo', onProgress, signal: abort.signal });
    await sent();
    abort.abort();
    await expect(response).rejects.toMatchObject({ name: 'AbortError' });
    transfer(1, 5);
    expect(onProgress).not.toHaveBeenCalled();
  });

  test('does not fail the call when its function throws', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const onProgress = () => {
        throw new Error('a bug of the app');
      };
      const response = build().fetch('/photo', { method: 'PUT', body: 'photo', onProgress });
      await sent();
      transfer(1, 5);
      native.call('send').resolve(answer);
      expect((await response).status).toBe(200);
      expect(() => {
        jest.runAllTimers();
      }).toThrow('a bug of the app');
    } finally {
      jest.useRealTimers();
    }
  });

  test('of a call without it costs no listener', async () => {
    void build().fetch('/orders');
    await sent();
    expect(native.transferEars).toBe(0);
  });
});

describe('an answer', () => {
  const get = async (parts: Partial<NativeResponse>) => {
    const response = build().fetch('/orders');
    await sent();
    native.call('send').resolve({ ...answer, ...parts });
    return response;
  };

  test('is one whatever its status', async () => {
    for (const status of [100, 204, 304, 401, 500, 999]) {
      expect(await get({ status })).toMatchObject({ status, ok: status === 204 });
      native.reset();
    }
  });

  test('has the URL that it came from, without a fragment', async () => {
    const response = await get({ url: 'https://api.example/new#part', redirected: true });
    expect(response).toMatchObject({ url: 'https://api.example/new', redirected: true, type: 'basic', statusText: '' });
    expect(response).toBeInstanceOf(Response);
  });

  test('has its cookies as separate lines, and the caller gets a copy', async () => {
    const lines = ['a=1; expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2'];
    const headers = lines.map((value) => ({ name: 'Set-Cookie', value }));
    const response = await get({ headers });
    response.headers.getSetCookie().pop();
    expect(response.headers.getSetCookie()).toEqual(lines);
    expect(response.clone().headers.getSetCookie()).toEqual(lines);
  });

  test('has its cookies as separate lines also where the platform joins them, as in React Native', async () => {
    const { Headers: WebHeaders } = globalThis;
    try {
      class JoiningHeaders extends WebHeaders {}
      Object.defineProperty(JoiningHeaders.prototype, 'getSetCookie', { value: undefined });
      Object.assign(globalThis, { Headers: JoiningHeaders });
      const headers = ['a=1', 'b=2'].map((value) => ({ name: 'set-cookie', value }));
      expect((await get({ headers })).headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    } finally {
      Object.assign(globalThis, { Headers: WebHeaders });
    }
  });

  test('that is a success passes requireSuccess', async () => {
    const response = await get({ status: 201, body: '{"id":1}' });
    expect(response.requireSuccess()).toBe(response);
    expect(await response.requireSuccess().json()).toEqual({ id: 1 });
  });

  test('that is no success fails in requireSuccess, with what the gateway says', async () => {
    const problem = {
      type: 'sold_out',
      title: 'Sold out',
      status: 409,
      detail: 'No cups',
      instance: '/orders/1',
      other: 1,
    };
    const headers = [{ name: 'content-type', value: 'application/problem+json; charset=utf-8' }];
    const response = await get({ status: 409, headers, body: `\uFEFF${JSON.stringify(problem)}` });
    const error = failureOf(() => response.requireSuccess());
    const message = 'the gateway answered with the status 409';
    expect(error).toMatchObject({ code: 'unexpected_status', message, status: 409 });
    expect(error).toMatchObject({ isRetryable: false, mayHaveArrived: true });
    const { other, ...standard } = problem;
    expect([error.problem, other]).toEqual([standard, 1]);
    // The body can still be read.
    expect(await response.json()).toEqual(problem);
  });

  test('that passes by itself says so in requireSuccess, with the time to wait', async () => {
    const headers = [{ name: 'Retry-After', value: '3' }];
    const passing = await get({ status: 503, headers });
    expect(failureOf(() => passing.requireSuccess())).toMatchObject({ isRetryable: true, retryAfterMs: 3000 });
    native.reset();
    const endless = await get({ status: 429, headers: [{ name: 'Retry-After', value: '18446744073709551615' }] });
    expect(failureOf(() => endless.requireSuccess()).retryAfterMs).toBeUndefined();
  });

  test.each([
    ['of another type', 'application/json', '{"type":"x"}'],
    ['that is a list', 'application/problem+json', '["x"]'],
    ['that is not JSON', 'application/problem+json', '{'],
    ['that is too long', 'application/problem+json', JSON.stringify({ type: 'x', detail: 'x'.repeat(70_000) })],
  ])('has no problem in a document %s', async (_, value, body) => {
    const response = await get({ status: 400, headers: [{ name: 'content-type', value }], body });
    expect(failureOf(() => response.requireSuccess()).problem).toBeUndefined();
  });

  test('has a problem whose texts are cut, and are not shown', async () => {
    const { inspect } = jest.requireActual<typeof import('node:util')>('node:util');
    const headers = [{ name: 'content-type', value: 'application/problem+json' }];
    const response = await get({ status: 400, headers, body: JSON.stringify({ title: 't'.repeat(300), status: 'x' }) });
    const error = failureOf(() => response.requireSuccess());
    expect(error.problem).toMatchObject({ type: 'about:blank', title: 't'.repeat(256), status: undefined });
    expect(inspect(error) + JSON.stringify(error)).not.toContain('ttt');
  });

  test('of text is read as text and as bytes', async () => {
    const response = await get({ body: 'Grüße', headers: [{ name: 'Content-Type', value: 'text/plain' }] });
    expect(Buffer.from(await response.clone().bytes()).toString()).toBe('Grüße');
    expect(await response.clone().text()).toBe('Grüße');
    const blob = await response.blob();
    expect([blob.type, blob.size]).toEqual(['text/plain', 7]);
  });

  test('of bytes is read as both', async () => {
    const response = await get({ body: base64(Uint8Array.of(0xff, 0x41)), bodyIsBase64: true });
    expect([...(await response.clone().bytes())]).toEqual([0xff, 0x41]);
    expect(await response.text()).toBe('\uFFFDA');
  });

  test('of bytes becomes a Blob by a data: URL where blobs are made of texts only, as on iOS', async () => {
    const { Blob: WebBlob, fetch: webFetch } = globalThis;
    const made = new WebBlob();
    const TextBlob = jest.fn((parts: unknown[]) => {
      if (parts.some((part) => typeof part !== 'string')) throw new Error('not supported');
    });
    try {
      Object.assign(globalThis, { Blob: TextBlob, fetch: jest.fn(() => Promise.resolve({ blob: () => made })) });
      const headers = [{ name: 'content-type', value: 'image/png' }];
      const response = await get({ body: 'AAH/', bodyIsBase64: true, headers });
      expect(await response.clone().blob()).toBe(made);
      expect(globalThis.fetch).toHaveBeenCalledWith('data:image/png;base64,AAH/');
      Object.assign(globalThis, { fetch: () => Promise.reject(new TypeError('Network request failed')) });
      await expect(response.blob()).rejects.toThrow('this platform cannot make a Blob of bytes; use arrayBuffer()');
    } finally {
      Object.assign(globalThis, { Blob: WebBlob, fetch: webFetch });
    }
  });

  test('can be printed', async () => {
    const { inspect } = jest.requireActual<typeof import('node:util')>('node:util');
    expect(inspect(await get({ body: 'secret' }))).not.toContain('secret');
  });
});

describe('an error', () => {
  test('of the native side is a SessionError, and the state has followed', async () => {
    const session = build();
    const call = session.fetch('/orders');
    await sent();
    native.set({ kind: 'signed_out', reason: 'session_ended' });
    native.call('send').reject(rejection({ code: 'signed_out', reason: 'session_ended' }));
    await expect(call).rejects.toBeInstanceOf(SessionError);
    await expect(call).rejects.toMatchObject({ code: 'signed_out', reason: 'session_ended' });
    expect(session.state.kind).toBe('signedOut');
  });

  test('is told before the state is behind an answer, too', async () => {
    const session = build();
    const call = session.fetch('/orders');
    await sent();
    native.set({ kind: 'signed_in', userId: 'u1', verified: true });
    native.call('send').resolve(answer);
    await call;
    expect(session.state).toMatchObject({ kind: 'signedIn', verified: true });
  });
});

describe('an abort', () => {
  test('cancels that call on the native side, and rejects at once', async () => {
    const session = build();
    void session.fetch('/other');
    await sent();
    const controller = new AbortController();
    const call = session.fetch('/orders', { signal: controller.signal });
    await new Promise(setImmediate);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(native.call('cancel').args).toEqual([1, 2]);
    // The native side says so too, which nobody waits for.
    native.call('send').reject(rejection({ code: 'cancelled' }));
    await new Promise(setImmediate);
  });

  test('comes too late for a call that is done', async () => {
    const controller = new AbortController();
    const call = build().fetch('/orders', { signal: controller.signal });
    await sent();
    native.call('send').resolve(answer);
    await call;
    controller.abort();
    expect(native.calls.map((each) => each.method)).not.toContain('cancel');
  });

  test('while the body is being read sends nothing', async () => {
    let finish: (bytes: ArrayBuffer) => void = () => undefined;
    const blob = new Blob(['slow']);
    blob.arrayBuffer = () => new Promise((resolve) => (finish = resolve));
    const controller = new AbortController();
    const call = build().fetch('/orders', { method: 'POST', body: blob, signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    finish(new ArrayBuffer(4));
    await new Promise(setImmediate);
    expect(native.calls.map((each) => each.method)).toEqual(['createClient']);
  });

  test('is an AbortError also where there is no DOMException and no reason, as in React Native', async () => {
    const { DOMException } = globalThis;
    try {
      Object.assign(globalThis, { DOMException: undefined });
      const signal = { aborted: true, addEventListener: jest.fn(), removeEventListener: jest.fn() };
      const call = build().fetch('/orders', { signal: signal as unknown as AbortSignal });
      await expect(call).rejects.toMatchObject({ name: 'AbortError', code: 20 });
    } finally {
      Object.assign(globalThis, { DOMException });
    }
  });

  test('by the native side alone is an AbortError, too', async () => {
    const call = build().fetch('/orders');
    await sent();
    native.call('send').reject(rejection({ code: 'cancelled' }));
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });
});
