/** After fetch/api/abort of web-platform-tests. */

import { once } from 'node:events';

import { entriesOf, suite } from './support/suite';

const on = suite();

const aborted = () => {
  const controller = new AbortController();
  controller.abort();
  return controller.signal;
};

const abortError = { name: 'AbortError' };

describe('abort/general.any.js', () => {
  test('aborting rejects with AbortError', async () => {
    await expect(on.get({ signal: aborted() })).rejects.toMatchObject(abortError);
    await expect(on.get({ signal: aborted(), mode: 'no-cors' })).rejects.toMatchObject(abortError);
  });

  test('an abort rejects with its reason, where signals have one', async () => {
    const controller = new AbortController() as { signal: AbortSignal; abort: (reason: unknown) => void };
    const reason = new Error('left the screen');
    controller.abort(reason);
    const error: unknown = await on.get({ signal: controller.signal }).catch((thrown: unknown) => thrown);
    if ('reason' in controller.signal) expect(error).toBe(reason);
    else expect(error).toMatchObject(abortError);
  });

  test.each([
    ['the method is invalid', { method: 'IN VALID' }],
    ['the method is forbidden', { method: 'TRACE' }],
    ['a GET has a body', { body: 'x' }],
  ])('the TypeError takes priority over the abort when %s', async (_, init) => {
    await expect(on.get({ ...init, signal: aborted() })).rejects.toMatchObject({ name: 'TypeError' });
  });

  test('the signal of a Request is heeded', async () => {
    const request = new Request(`${on.gateway.origin}/path`, { signal: aborted() });
    await expect(on.fetch(request)).rejects.toMatchObject(abortError);
    await expect(on.fetch(new Request(request))).rejects.toMatchObject(abortError);
  });

  test('the signal of the init takes the place of that of the Request', async () => {
    const request = new Request(`${on.gateway.origin}/path`, { signal: new AbortController().signal });
    await expect(on.fetch(request, { signal: aborted() })).rejects.toMatchObject(abortError);
  });

  test('the signal of the Request stays when something else is overridden', async () => {
    const request = new Request(`${on.gateway.origin}/path`, { signal: aborted() });
    await expect(on.fetch(request, { method: 'POST' })).rejects.toMatchObject(abortError);
  });

  test('a signal of null removes that of the Request', async () => {
    on.gateway.respond('{"key":"value"}');
    const request = new Request(`${on.gateway.origin}/path`, { signal: aborted() });
    const response = await on.fetch(request, { signal: null as unknown as AbortSignal });
    expect(await response.json()).toEqual({ key: 'value' });
  });

  test('a signal that is aborted already rejects at once', async () => {
    const log: string[] = [];
    await Promise.all([
      on.get({ signal: aborted() }).catch(() => log.push('fetch')),
      Promise.resolve().then(() => log.push('next microtask')),
    ]);
    expect(log).toEqual(['fetch', 'next microtask']);
  });

  test('a Request is used even if its signal is aborted before', async () => {
    const request = new Request(`${on.gateway.origin}/path`, { signal: aborted(), method: 'POST', body: 'foo' });
    await expect(on.fetch(request)).rejects.toMatchObject(abortError);
    expect(request.bodyUsed).toBe(true);
  });

  test.each(['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const)(
    'response.%s() rejects at once if the signal is aborted already',
    async (method) => {
      on.gateway.respond('{}');
      const controller = new AbortController();
      const response = await on.get({ signal: controller.signal });
      controller.abort();
      const body = response[method]();
      const log: string[] = [];
      await Promise.all([body.catch(() => log.push('body')), Promise.resolve().then(() => log.push('next microtask'))]);
      await expect(body).rejects.toMatchObject(abortError);
      expect(log).toEqual(['body', 'next microtask']);
    },
  );

  test('a signal that is aborted already makes no request', async () => {
    on.gateway.respond('');
    await expect(on.get({ signal: aborted() })).rejects.toMatchObject(abortError);
    await on.get();
    expect(on.gateway.arrived).toHaveLength(1);
  });

  test('a signal that is aborted already can be used for many calls', async () => {
    const signal = aborted();
    for (let call = 0; call < 3; call++) await expect(on.get({ signal })).rejects.toMatchObject(abortError);
  });

  test('a signal aborts other calls, even if one has succeeded before', async () => {
    on.gateway.respond('{}');
    const controller = new AbortController();
    await (await on.get({ signal: controller.signal })).json();
    controller.abort();
    await expect(on.get({ signal: controller.signal })).rejects.toMatchObject(abortError);
  });

  test('the connection is closed by an abort after the answer has begun', async () => {
    const begun = on.gateway.hang();
    const controller = new AbortController();
    const call = on.get({ signal: controller.signal });
    const response = await begun;
    const closed = once(response, 'close');
    controller.abort();
    await expect(call).rejects.toMatchObject(abortError);
    await closed;
  });

  test('an abort ends its own call only', async () => {
    const begun = [on.gateway.hang()];
    const controller = new AbortController();
    const call = on.get({ signal: controller.signal });
    await begun[0];
    on.gateway.respond('other');
    const other = on.get({ signal: new AbortController().signal });
    controller.abort();
    await expect(call).rejects.toMatchObject(abortError);
    expect(await (await other).text()).toBe('other');
  });
});

describe('abort/request.any.js', () => {
  test.each(['arrayBuffer', 'blob', 'formData', 'json', 'text'] as const)(
    'a Request that fetch refused because of its signal can no longer be read: %s',
    async (method) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const request = new Request(`${on.gateway.origin}/path`, {
        signal: aborted(),
        method: 'POST',
        body: 'a=1',
        headers,
      });
      await expect(on.fetch(request)).rejects.toMatchObject(abortError);
      await expect(Promise.resolve().then((): Promise<unknown> => request[method]())).rejects.toMatchObject({
        name: 'TypeError',
      });
    },
  );

  test('an answer that came before the abort stays what it was, if it was read', async () => {
    on.gateway.respond('a=1', { 'content-type': 'application/x-www-form-urlencoded' });
    const controller = new AbortController();
    const form = await (await on.get({ signal: controller.signal })).formData();
    controller.abort();
    expect(entriesOf(form)).toEqual([['a', '1']]);
  });
});
