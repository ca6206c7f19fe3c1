/** After fetch/api/basic of web-platform-tests. */

import { SessionError } from '../src/errors';
import { header } from './support/server';
import { suite, testOnWeb } from './support/suite';

const on = suite();

const post = async (body: unknown) => on.fetch('/path', { method: 'POST', body: body as string });

describe('basic/accept-header.any.js', () => {
  test('accept is */* unless it is given', async () => {
    on.gateway.respond('');
    await on.get();
    expect(header(on.gateway.only, 'accept')).toBe('*/*');
    on.gateway.respond('');
    await on.get({ headers: [['Accept', 'custom/*']] });
    expect(header(on.gateway.only, 'accept')).toBe('custom/*');
  });

  test('accept-language is sent if it is given', async () => {
    on.gateway.respond('');
    await on.get({ headers: { 'Accept-Language': 'bzh' } });
    expect(header(on.gateway.only, 'accept-language')).toBe('bzh');
  });
});

describe('basic/error-after-response.any.js', () => {
  test('an answer that breaks off is an error', async () => {
    on.gateway.answer((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('beginning', () => response.destroy());
    });
    await expect(on.get()).rejects.toBeInstanceOf(SessionError);
  });
});

describe('basic/header-value-combining.any.js', () => {
  test('values of one name are combined', async () => {
    on.gateway.respond('', { 'foo-test': ['1', '2', '3'], 'www-authenticate': ['1, 2', '3', '4'] });
    const { headers } = await on.get();
    expect(headers.get('foo-test')).toBe('1, 2, 3');
    expect(headers.get('WWW-Authenticate')).toBe('1, 2, 3, 4');
  });
});

describe('basic/historical.any.js', () => {
  test('an answer has no trailer', async () => {
    on.gateway.respond('');
    expect('trailer' in (await on.get())).toBe(false);
  });
});

describe('basic/http-response-code.any.js', () => {
  test('a 425 is an answer, and is not sent again', async () => {
    on.gateway.respond('ok', {}, 425);
    const response = await on.get();
    expect([response.status, response.ok, await response.text()]).toEqual([425, false, 'ok']);
    expect(on.gateway.arrived).toHaveLength(1);
  });
});

describe('basic/request-head.any.js', () => {
  test('a HEAD with a body is refused', async () => {
    await expect(on.get({ method: 'HEAD', body: 'test' })).rejects.toMatchObject({ name: 'TypeError' });
  });
});

describe('basic/request-headers.any.js', () => {
  const lengths: [string, string, unknown, string | undefined, string | undefined][] = [
    ['GET', 'nothing', undefined, undefined, undefined],
    ['HEAD', 'nothing', undefined, undefined, undefined],
    ['PUT', 'nothing', undefined, '0', undefined],
    ['PUT', 'a text', "Request's body", '14', 'text/plain;charset=UTF-8'],
    ['POST', 'nothing', undefined, '0', undefined],
    ['POST', 'a text', "Request's body", '14', 'text/plain;charset=UTF-8'],
    ['POST', 'a Blob', () => new Blob(['Test']), '4', undefined],
    ['POST', 'an ArrayBuffer', new ArrayBuffer(4), '4', undefined],
    ['POST', 'bytes', new Uint8Array(4), '4', undefined],
    [
      'POST',
      'a Blob with a type',
      () => new Blob(['Test'], { type: 'text/maybe', lastModified: 0 }),
      '4',
      'text/maybe',
    ],
    ['PROPFIND', 'nothing', undefined, undefined, undefined],
    ['PROPFIND', 'a text', "Request's body", '14', 'text/plain;charset=UTF-8'],
  ];

  test.each(lengths)('%s with %s has the right length and type', async (method, _, given, length, type) => {
    on.gateway.respond('');
    const body: unknown = typeof given === 'function' ? (given as () => unknown)() : given;
    const response = await on.get({ method, body: body as string });
    expect([response.status, response.type]).toEqual([200, 'basic']);
    expect(on.gateway.only.method).toBe(method);
    expect(header(on.gateway.only, 'content-length')).toBe(length);
    expect(header(on.gateway.only, 'content-type')).toBe(type);
  });

  test('POST with a FormData says where its parts end', async () => {
    on.gateway.respond('');
    await post(new FormData());
    expect(header(on.gateway.only, 'content-type')).toMatch(/^multipart\/form-data; ?boundary=/);
  });
});

describe('basic/request-headers-case.any.js', () => {
  test('headers of one name in different cases are combined', async () => {
    on.gateway.respond('');
    await on.get({
      headers: [
        ['THIS-is-A-test', '1'],
        ['THIS-IS-A-TEST', '2'],
      ],
    });
    expect(header(on.gateway.only, 'this-is-a-test')).toBe('1, 2');
  });
});

describe('basic/request-upload.any.js', () => {
  const four = '\0\0\0\0';
  const bodies: [string, () => unknown, string][] = [
    ['text', () => "Request's body", "Request's body"],
    ['URLSearchParams', () => new URLSearchParams('name=value'), 'name=value'],
    ['Blob', () => new Blob(['Test']), 'Test'],
    ['ArrayBuffer', () => new ArrayBuffer(4), four],
    ['Uint8Array', () => new Uint8Array(4), four],
    ['Int8Array', () => new Int8Array(4), four],
    ['Float16Array or Float32Array', () => new Float32Array(1), four],
    ['Float64Array', () => new Float64Array(1), four + four],
    ['DataView', () => new DataView(new ArrayBuffer(8), 0, 4), four],
    ['Blob with a type', () => new Blob(['Test'], { type: 'text/maybe', lastModified: 0 }), 'Test'],
  ];

  test.each(bodies)('a POST of a %s arrives, and comes back', async (_, body, expected) => {
    on.gateway.echo();
    expect(await (await post(body())).text()).toBe(expected);
  });

  test('a PUT with a body arrives', async () => {
    on.gateway.echo();
    const response = await on.get({ method: 'PUT', body: "Request's body" });
    expect(await response.text()).toBe("Request's body");
  });
});

describe('basic/response-null-body.any.js', () => {
  test.each([204, 205, 304])('a %i has no body', async (status) => {
    on.gateway.respond('', {}, status);
    const response = await on.get();
    expect(response.status).toBe(status);
    expect(await response.text()).toBe('');
    expect(response.bodyUsed).toBe(false);
  });

  test('the answer to a HEAD has no body', async () => {
    on.gateway.respond('body', { 'content-length': '4' });
    const response = await on.get({ method: 'HEAD' });
    expect(await response.text()).toBe('');
    expect(response.bodyUsed).toBe(false);
    expect(response.headers.get('content-length')).toBe('4');
  });
});

describe('basic/response-url.sub.any.js', () => {
  test.each(['/', '/?a', '/path?a=b', '/path?a=b#fragment', '/#fragment'])(
    'the URL of the answer to %s',
    async (path) => {
      on.gateway.respond('');
      const response = await on.fetch(on.gateway.origin + path);
      expect(response.url).toBe(on.gateway.origin + path.replace('#fragment', ''));
      expect(on.gateway.only.url).toBe(path.replace('#fragment', ''));
    },
  );
});

describe('basic/status.h2.any.js', () => {
  test.each([200, 210, 400, 404, 410, 500, 502])(
    'a %i has no text of its own, which HTTP/2 does not have',
    async (status) => {
      on.gateway.respond('', {}, status);
      expect(await on.get()).toMatchObject({ status, statusText: '', ok: status < 300 });
    },
  );
});

describe('basic/text-utf8.any.js', () => {
  const unicode = '三村かな子';
  const cases: [string, Uint8Array | string, string][] = [
    ['UTF-8 without a byte order mark', unicode, unicode],
    ['UTF-8 with one', `\uFEFF${unicode}`, unicode],
    ['UTF-8 with two', `\uFEFF\uFEFF${unicode}`, `\uFEFF${unicode}`],
    ['UTF-16LE', Buffer.from(`\uFEFF${unicode}`, 'utf16le'), ''],
    ['UTF-16BE', Buffer.from(`\uFEFF${unicode}`, 'utf16le').swap16(), ''],
    ['half a character', Buffer.from(unicode).subarray(0, 5), '三\uFFFD'],
  ];

  test.each(cases)('%s is decoded as UTF-8, whatever the charset says', async (_, bytes, expected) => {
    const decoded = expected || Buffer.from(bytes).toString('utf8');
    for (const type of ['text/plain', 'text/plain;charset=UTF-8', 'text/plain;charset=UTF-16']) {
      on.gateway.respond(bytes, { 'content-type': type });
      const response = await on.get();
      expect(await response.clone().text()).toBe(decoded);
      expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
    }
  });

  testOnWeb('a text body given as a Blob is decoded the same', async () => {
    on.gateway.echo();
    const blob = new Blob([Buffer.from(unicode) as unknown as string]);
    expect(await (await post(blob)).text()).toBe(unicode);
  });
});
