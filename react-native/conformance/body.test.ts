/** After fetch/api/body and response/response-form-data.html of web-platform-tests: forms, written and read. */

import { header } from './support/server';
import { entriesOf, suite, testOnWeb } from './support/suite';

const on = suite();

const lines = (...all: string[]) => all.join('\r\n');

const named = (name: string) => `Content-Disposition: form-data; name="${name}"`;

/** A form of one field, between delimiters. */
const one = (...part: string[]) => lines('--boundary', ...part, '--boundary--', '');

const parse = async (body: string | Uint8Array, type = 'multipart/form-data; boundary=boundary') => {
  on.gateway.respond(body, { 'content-type': type });
  return entriesOf(await (await on.get()).formData());
};

const written = async (fill: (form: FormData) => void) => {
  const form = new FormData();
  fill(form);
  on.gateway.echo();
  await on.get({ method: 'POST', body: form });
  const [, boundary = ''] =
    /^multipart\/form-data; boundary=(.*)$/.exec(header(on.gateway.only, 'content-type') ?? '') ?? [];
  return { boundary, body: on.gateway.only.body.toString().replaceAll(boundary, 'boundary') };
};

/** Appends what React Native's form knows nothing of. */
const append = (form: FormData, ...given: [string, unknown, string?]) => {
  (form as unknown as { append: (...given: unknown[]) => void }).append(...given);
};

describe('body/formdata-serializing.any.js', () => {
  test('the boundary is well-formed, and another one each time', async () => {
    const first = await written(() => undefined);
    const second = await written(() => undefined);
    expect(first.boundary).toMatch(/^[0-9A-Za-z-]{27,70}$/);
    expect(second.boundary).not.toBe(first.boundary);
    expect(first.body).toBe('--boundary--\r\n');
  });

  test('texts are written in order, twice if they are there twice', async () => {
    const { body } = await written((form) => {
      form.append('a', '1');
      form.append('b', '2');
      form.append('a', '3');
    });
    const part = (name: string, value: string) => lines('--boundary', named(name), '', value, '');
    expect(body).toBe(part('a', '1') + part('b', '2') + part('a', '3') + '--boundary--\r\n');
  });

  test.each([
    ['a\nb', 'a%0D%0Ab'],
    ['a\rb', 'a%0D%0Ab'],
    ['a\r\nb', 'a%0D%0Ab'],
    ['a\n\rb', 'a%0D%0A%0D%0Ab'],
    ['a"b', 'a%22b'],
    ["a'b", "a'b"],
    ['a\\b', 'a\\b'],
    ['a%0Ab', 'a%0Ab'],
    ['áb', 'áb'],
  ])('the name %j is written as %s', async (name, expected) => {
    const { body } = await written((form) => {
      form.append(name, 'x');
    });
    expect(body).toBe(one(named(expected), '', 'x'));
  });

  test.each([
    ['b\nc', 'b\r\nc'],
    ['b\rc', 'b\r\nc'],
    ['b\r\nc', 'b\r\nc'],
    ['b\n\rc', 'b\r\n\r\nc'],
    ['b"c', 'b"c'],
    ['ç', 'ç'],
  ])('the value %j is written as %j', async (value, expected) => {
    const { body } = await written((form) => {
      form.append('a', value);
    });
    expect(body).toBe(one(named('a'), '', expected));
  });

  test('what is added after the call is not sent', async () => {
    const form = new FormData();
    form.append('a', '1');
    on.gateway.echo();
    const call = on.get({ method: 'POST', body: form });
    form.append('b', '2');
    await call;
    expect(on.gateway.only.body.toString()).not.toContain('name="b"');
  });

  const file = (name: string, type?: string) =>
    new File(['contents'] as never[], name, type === undefined ? {} : { type });

  testOnWeb('files and blobs are written with their names and types', async () => {
    const { body } = await written((form) => {
      append(form, 'a', file('b.txt', 'text/plain'));
      append(form, 'b', file('b.txt'));
      append(form, 'c', new Blob(['contents'], { type: 'text/html', lastModified: 0 }));
      append(form, 'd', new Blob(['contents']), 'd"\n.txt');
    });
    const part = (name: string, filename: string, type: string) =>
      lines('--boundary', `${named(name)}; filename="${filename}"`, `Content-Type: ${type}`, '', 'contents', '');
    expect(body).toBe(
      part('a', 'b.txt', 'text/plain') +
        part('b', 'b.txt', 'application/octet-stream') +
        part('c', 'blob', 'text/html') +
        part('d', 'd%22%0A.txt', 'application/octet-stream') +
        '--boundary--\r\n',
    );
  });

  test('a form that comes back is the same', async () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('a"b', 'ü\n');
    on.gateway.answer((_, response, arrived) => {
      response.setHeader('content-type', header(arrived, 'content-type') ?? '').end(arrived.body);
    });
    const back = await (await on.get({ method: 'POST', body: form })).formData();
    expect(entriesOf(back)).toEqual([
      ['a', '1'],
      ['a%22b', 'ü\r\n'],
    ]);
  });
});

describe('body/formdata-parsing.any.js', () => {
  const valid: [string, string, [string, string][]][] = [
    ['one field', one(named('a'), '', 'value'), [['a', 'value']]],
    ['no fields', '--boundary--\r\n', []],
    ['percent signs, which stay', one(named('a%0Ab%22'), '', 'value'), [['a%0Ab%22', 'value']]],
    ['an empty value', one(named('a'), '', ''), [['a', '']]],
    ['the boundary as text', one(named('a'), '', 'my boundary here'), [['a', 'my boundary here']]],
    ['a delimiter inside a line', one(named('a'), '', 'x--boundary'), [['a', 'x--boundary']]],
    ['a value of two lines', one(named('a'), '', 'line1', 'line2'), [['a', 'line1\r\nline2']]],
    ['blanks after a delimiter', lines('--boundary \t', named('a'), '', 'value', '--boundary--', ''), [['a', 'value']]],
    ['blanks after the last', lines('--boundary', named('a'), '', 'value', '--boundary-- \t', ''), [['a', 'value']]],
    ['blanks and then the end', lines('--boundary', named('a'), '', 'value', '--boundary--  '), [['a', 'value']]],
    ['more after the end', one(named('a'), '', 'value') + 'epilogue\r\nmore', [['a', 'value']]],
    [
      'one name twice',
      lines('--boundary', named('a'), '', '1', one(named('a'), '', '2')),
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['headers that nobody knows', one(named('a'), 'X-Custom: ignored', '', 'value'), [['a', 'value']]],
    ['an encoding that is ignored', one(named('a'), 'Content-Transfer-Encoding: base64', '', 'dmE='), [['a', 'dmE=']]],
    ['blanks before a header', one(` ${named('a')}`, '', 'value'), [['a', 'value']]],
    ['blanks before a colon', one('Content-Disposition \t: form-data; name="a"', '', 'value'), [['a', 'value']]],
    ['a header in other case', one('CONTENT-DISPOSITION: form-data; name="a"', '', 'value'), [['a', 'value']]],
    ['other than ASCII', one(named('é'), '', '😀'), [['é', '😀']]],
    ['a control character', one(named('a\u0001b'), '', 'value'), [['a\u0001b', 'value']]],
    ['the name _charset_', one(named('_charset_'), '', 'windows-1252'), [['_charset_', 'windows-1252']]],
  ];

  test.each(valid)('a form with %s is read', async (_, body, expected) => {
    expect(await parse(body)).toEqual(expected);
  });

  const invalid: [string, string][] = [
    ['text before the first delimiter', `preamble\r\n${one(named('a'), '', 'value')}`],
    ['junk after the last delimiter', lines('--boundary', named('a'), '', 'value', '--boundary--junk', '')],
    ['a part without headers', one('', 'value')],
    ['a part without a name', one('Content-Type: text/plain', '', 'value')],
    ['a header without a colon', one('Content-Disposition form-data; name="a"', '', 'value')],
    ['a header whose name is none', one(named('a'), 'Cont ent-Type: text/plain', '', 'value')],
    ['a header on two lines', one('Content-Disposition: form-data;', ' name="a"', '', 'value')],
    ['a NUL in a name', one(named('a\0b'), '', 'value')],
    ['a NUL in another header', one(named('a'), 'X-Custom: a\0b', '', 'value')],
    ['a bare LF in a name', one(named('a\nb'), '', 'value')],
    ['a bare CR in a name', one(named('a\rb'), '', 'value')],
    ['no last delimiter', lines('--boundary', named('a'), '', 'value')],
    ['a last delimiter inside a line', lines('--boundary', named('a'), '', 'value--boundary--', '')],
    ['nothing after the first delimiter', '--boundary'],
  ];

  test.each(invalid)('a form with %s is a TypeError', async (_, body) => {
    await expect(parse(body)).rejects.toMatchObject({ name: 'TypeError' });
  });

  test('a boundary can be quoted, and must be there', async () => {
    const quoted = lines('--a.b(c)', named('a'), '', 'value', '--a.b(c)--', '');
    expect(await parse(quoted, 'multipart/form-data; boundary="a.b(c)"')).toEqual([['a', 'value']]);
    const body = one(named('a'), '', 'value');
    expect(await parse(body, 'Multipart/Form-Data;charset=UTF-8; Boundary=boundary')).toEqual([['a', 'value']]);
    await expect(parse(body, 'multipart/form-data')).rejects.toMatchObject({ name: 'TypeError' });
    await expect(parse(body, 'multipart/form-data; boundary=""')).rejects.toMatchObject({ name: 'TypeError' });
  });

  test('bytes that are not UTF-8 are replaced', async () => {
    const part = (value: string) => Buffer.from(one(named(value), '', value), 'latin1');
    expect(await parse(part('a\xff'))).toEqual([['a\uFFFD', 'a\uFFFD']]);
  });

  const types: [string, string | null, string][] = [
    ['no type', null, 'text/plain'],
    ['a type', 'image/png', 'image/png'],
    ['a type in capitals', ' \t TEXT/HTML \t', 'text/html'],
    ['what is no type', 'text', ''],
    ['nothing for a type', '', ''],
    ['a type with a parameter', 'text/html;;x="y"', 'text/html;x=y'],
    ['two types', 'text/html, text/plain', 'text/plain'],
  ];

  for (const [what, given, type] of types) {
    testOnWeb(`a file with ${what} is read, with its bytes as they are`, async () => {
      const head = lines(
        '--boundary',
        `${named('a')}; filename="中文.txt"`,
        ...(given === null ? [] : [`Content-Type: ${given}`]),
        '',
        '',
      );
      const contents = Uint8Array.of(0, 128, 255, 13, 10, 45, 45);
      const [[name, value] = []] = await parse(
        Buffer.concat([Buffer.from(head), contents, Buffer.from('\r\n--boundary--')]),
      );
      const file = value as File & { arrayBuffer: () => Promise<ArrayBuffer> };
      expect([name, file.name, file.type]).toEqual(['a', '中文.txt', type]);
      expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([...contents]);
    });
  }
});

describe('response/response-form-data.html', () => {
  test.each([
    ['one part, an epilogue', one(named('username'), '', 'foo')],
    ['one part, padded', lines('--boundary \t', named('username'), '', 'foo', '--boundary--', '')],
    ['one part, no epilogue', lines('--boundary', named('username'), '', 'foo', '--boundary--')],
  ])('a form of %s is read', async (_, body) => {
    expect(await parse(body)).toEqual([['username', 'foo']]);
  });

  test.each([
    ['--boundary--boundary--\r\n', 'boundary'],
    ['--boundary\n--boundary--\r\n', 'boundary'],
    ['--boundary\r--boundary--\r\n', 'boundary'],
    ['--boundary\r\n\r\n\r\n--boundary--\r\n', 'boundary'],
    ['--boundary\n_--boundary--\r\n', 'boundary'],
    ['--boundary- ---boundary--\r\n', 'boundary'],
    ['--boundary--\r\n', 'boundary--'],
  ])('%j is no form', async (body, boundary) => {
    await expect(parse(body, `multipart/form-data; boundary=${boundary}`)).rejects.toMatchObject({ name: 'TypeError' });
  });
});

describe('body/mime-type.any.js', () => {
  test('the type of a Blob is that of the answer', async () => {
    on.gateway.respond('text', { 'content-type': 'text/html' });
    expect((await (await on.get()).blob()).type).toBe('text/html');
    on.gateway.respond('text');
    expect((await (await on.get()).blob()).type).toBe('');
  });
});
