/** After fetch/api/request of web-platform-tests: the class is the platform's, what becomes of it in a call is ours. */

import { header } from './support/server';
import { onReactNative, suite } from './support/suite';

const on = suite();

const request = (init?: RequestInit) => new Request(`${on.gateway.origin}/path`, init);

describe('request/request-error.any.js', () => {
  test.each([
    ['an invalid method', { method: 'IN VALID' }],
    ['no method at all', { method: '' }],
    ['the method TRACE', { method: 'TRACE' }],
    ['the method CONNECT', { method: 'connect' }],
    ['the method TRACK', { method: 'Track' }],
    ['a GET with a body', { method: 'GET', body: 'x' }],
    ['a HEAD with a body', { method: 'HEAD', body: 'x' }],
    ['a body without a method', { body: 'x' }],
  ])('%s is a TypeError, and nothing is sent', async (_, init) => {
    on.gateway.respond('');
    await expect(on.get(init)).rejects.toMatchObject({ name: 'TypeError' });
    expect(on.gateway.arrived).toEqual([]);
  });
});

describe('request/request-init-002.any.js', () => {
  const types: [string, () => unknown, string | undefined][] = [
    ['a text', () => 'text', 'text/plain;charset=UTF-8'],
    ['a number', () => 1, 'text/plain;charset=UTF-8'],
    ['an object', () => ({ some: 'object' }), 'text/plain;charset=UTF-8'],
    ['a Blob', () => new Blob(['blob'], { type: 'text/maybe', lastModified: 0 }), 'text/maybe'],
    ['a Blob without a type', () => new Blob(['blob']), undefined],
    ['URLSearchParams', () => new URLSearchParams('a=1'), 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['bytes', () => new Uint8Array(2), undefined],
  ];

  test.each(types)('%s implies its content type', async (_, body, type) => {
    on.gateway.respond('');
    await on.get({ method: 'POST', body: body() as string });
    expect(header(on.gateway.only, 'content-type')).toBe(type);
  });

  test.each(types)('%s does not take the place of a content type that is given', async (_, body) => {
    on.gateway.respond('');
    await on.get({ method: 'POST', body: body() as string, headers: { 'Content-Type': 'test/test' } });
    expect(header(on.gateway.only, 'content-type')).toBe('test/test');
  });

  test('what is no body becomes a text', async () => {
    on.gateway.echo();
    const echo = async (body: unknown) => (await on.get({ method: 'POST', body: body as string })).text();
    expect([await echo(1), await echo(true), await echo({ some: 'object' })]).toEqual(['1', 'true', '[object Object]']);
  });
});

describe('request/request-init-003.sub.html', () => {
  const init = () => ({ method: 'POST', headers: { 'x-one': '1' }, body: "Request's body" });

  test('a Request is sent as it is', async () => {
    on.gateway.echo();
    const response = await on.fetch(request(init()));
    expect(await response.text()).toBe("Request's body");
    expect(on.gateway.only).toMatchObject({ method: 'POST', url: '/path' });
    expect(header(on.gateway.only, 'x-one')).toBe('1');
    expect(header(on.gateway.only, 'content-type')).toBe('text/plain;charset=UTF-8');
  });

  test('what the init sets takes its place', async () => {
    on.gateway.echo();
    const response = await on.fetch(request(init()), { method: 'PUT', headers: { 'x-one': '2' }, body: 'new' });
    expect(await response.text()).toBe('new');
    expect(on.gateway.only.method).toBe('PUT');
    expect(header(on.gateway.only, 'x-one')).toBe('2');
  });

  test('headers of the init take the place of all those of the Request', async () => {
    on.gateway.respond('');
    await on.fetch(request({ headers: { 'x-one': '1', 'x-two': '2' } }), { headers: { 'x-two': 'new' } });
    expect([header(on.gateway.only, 'x-one'), header(on.gateway.only, 'x-two')]).toEqual([undefined, 'new']);
  });

  test('what the init sets to undefined is as if it were not there', async () => {
    on.gateway.echo();
    const nothing = { method: undefined, headers: undefined, body: undefined, signal: undefined };
    const response = await on.fetch(request(init()), nothing);
    expect(await response.text()).toBe("Request's body");
    expect(on.gateway.only.method).toBe('POST');
  });

  test.each([
    ['a text', () => "Request's body", "Request's body"],
    ['bytes', () => Uint8Array.of(0, 255), '\0\xff'],
    ['a buffer', () => Uint8Array.of(0, 255).buffer, '\0\xff'],
    ['a Blob', () => new Blob(['Test']), 'Test'],
    ['URLSearchParams', () => new URLSearchParams('a=1'), 'a=1'],
  ])('a Request of %s has its body sent', async (_, body, expected) => {
    on.gateway.echo();
    await on.fetch(request({ method: 'POST', body: body() as string }));
    expect(on.gateway.only.body.toString('latin1')).toBe(expected);
  });

  test('a Request of a FormData has its parts sent', async () => {
    on.gateway.echo();
    const form = new FormData();
    form.append('name', 'value');
    await on.fetch(request({ method: 'POST', body: form }));
    const [, boundary = ''] = /boundary=(.*)$/.exec(header(on.gateway.only, 'content-type') ?? '') ?? [];
    expect(boundary).not.toBe('');
    expect(on.gateway.only.body.toString()).toContain(
      `--${boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\nvalue`,
    );
  });
});

describe('request/request-disturbed.any.js', () => {
  const post = () => request({ method: 'POST', body: "Request's body" });

  test('a Request that was sent is used', async () => {
    on.gateway.respond('');
    const sent = post();
    expect(sent.bodyUsed).toBe(false);
    const call = on.fetch(sent);
    expect(sent.bodyUsed).toBe(true);
    await call;
  });

  test('a Request without a body can be sent again', async () => {
    on.gateway.respond('');
    const again = request();
    await on.fetch(again);
    await on.fetch(again);
    expect([again.bodyUsed, on.gateway.arrived.length]).toEqual([false, 2]);
  });

  test('a Request that is used cannot be sent', async () => {
    on.gateway.respond('');
    const used = post();
    await used.text();
    await expect(on.fetch(used)).rejects.toMatchObject({ name: 'TypeError' });
    const sent = post();
    await on.fetch(sent);
    await expect(on.fetch(sent)).rejects.toMatchObject({ name: 'TypeError' });
    expect(on.gateway.arrived).toHaveLength(1);
  });

  test('a call that is refused does not use the Request up', async () => {
    const kept = post();
    await expect(on.fetch(kept, { method: 'GET' })).rejects.toMatchObject({ name: 'TypeError' });
    await expect(on.fetch(kept, { method: 'CONNECT' })).rejects.toMatchObject({ name: 'TypeError' });
    expect(kept.bodyUsed).toBe(false);
    on.gateway.echo();
    expect(await (await on.fetch(kept)).text()).toBe("Request's body");
  });
});

describe('request/request-constructor-init-body-override.any.js', () => {
  test('the body of a Request that is used can be replaced', async () => {
    on.gateway.echo();
    const used = request({ method: 'POST', body: 'first' });
    await used.text();
    expect(await (await on.fetch(used, { body: 'second' })).text()).toBe('second');
  });
});

describe('request/request-structure.any.js', () => {
  test('a URL that is no text is taken as one', async () => {
    on.gateway.respond('');
    await on.fetch(new URL(`${on.gateway.origin}/path?a=1`));
    await on.fetch({ toString: () => `${on.gateway.origin}/path?a=1` } as unknown as URL);
    expect(on.gateway.arrived.map(({ url }) => url)).toEqual(['/path?a=1', '/path?a=1']);
  });

  test.each(['get', 'head', 'post', 'put', 'delete', 'options'])(
    'the method %s is spelled in capitals',
    async (method) => {
      on.gateway.respond('');
      await on.get({ method });
      expect(on.gateway.only.method).toBe(method.toUpperCase());
    },
  );

  test('the world is the one that this run is for', () => {
    expect('_bodyInit' in Request.prototype || '_bodyInit' in request({ method: 'POST', body: 'x' })).toBe(
      onReactNative,
    );
  });
});
