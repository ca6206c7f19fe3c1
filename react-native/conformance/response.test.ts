/** After fetch/api/response of web-platform-tests. */

import type { FetchResponse } from '../src/fetch/fetch';
import { entriesOf, onReactNative, suite, testOnWeb } from './support/suite';

const on = suite();

const bytes = Uint8Array.of(0, 128, 255, 13, 10);

const readers: [string, (response: FetchResponse) => Promise<unknown>][] = [
  ['text', (response) => response.text()],
  ['json', (response) => response.json()],
  ['arrayBuffer', async (response) => Buffer.from(await response.arrayBuffer()).toString()],
  ['bytes', async (response) => Buffer.from(await response.bytes()).toString()],
  ['blob', async (response) => readText(await response.blob())],
];

/** The text of a blob, by the FileReader where there is nothing else. */
function readText(blob: Blob | (Blob & { text: () => Promise<string> })): Promise<string> {
  if ('text' in blob) return blob.text();
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(reader.result as string);
    };
    reader.readAsText(blob);
  });
}

describe('response/response-consume.html', () => {
  const text = JSON.stringify("This is response's body");

  test.each(readers)('an answer is read as %s, once', async (name, read) => {
    on.gateway.respond(text, { 'content-type': 'text/plain' });
    const response = await on.get();
    expect(response.bodyUsed).toBe(false);
    const promise = read(response);
    expect(response.bodyUsed).toBe(true);
    expect(await promise).toBe(name === 'json' ? JSON.parse(text) : text);
    for (const [, again] of readers) await expect(again(response)).rejects.toMatchObject({ name: 'TypeError' });
  });

  test('an answer is read as a form', async () => {
    on.gateway.respond('a=1&b=%C3%BC+%ff&a=2&c', { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' });
    const response = await on.get();
    const form = await response.formData();
    expect(form).toBeInstanceOf(FormData);
    expect(entriesOf(form)).toEqual([
      ['a', '1'],
      ['b', 'ü \uFFFD'],
      ['a', '2'],
      ['c', ''],
    ]);
    expect(response.bodyUsed).toBe(true);
  });

  test('bytes are read as they are', async () => {
    on.gateway.respond(bytes, { 'content-type': 'image/png' });
    const response = await on.get();
    expect([...(await response.clone().bytes())]).toEqual([...bytes]);
    expect([...new Uint8Array(await response.clone().arrayBuffer())]).toEqual([...bytes]);
  });

  testOnWeb('bytes are read as a Blob of their type', async () => {
    on.gateway.respond(bytes, { 'content-type': 'image/png' });
    const blob = (await (await on.get()).blob()) as Blob & { arrayBuffer: () => Promise<ArrayBuffer> };
    expect([blob.type, blob.size]).toEqual(['image/png', bytes.length]);
    expect([...new Uint8Array(await blob.arrayBuffer())]).toEqual([...bytes]);
  });

  test('where a Blob cannot be made of bytes the error says what can', async () => {
    on.gateway.respond(bytes);
    const blob = (await on.get()).blob();
    if (onReactNative) await expect(blob).rejects.toThrow('use arrayBuffer()');
    else expect((await blob).size).toBe(bytes.length);
  });

  test('what was read belongs to the reader', async () => {
    on.gateway.respond(bytes);
    const response = await on.get();
    const first = await response.clone().bytes();
    first.fill(7);
    expect([...(await response.bytes())]).toEqual([...bytes]);
  });
});

describe('response/response-consume-empty.any.js', () => {
  test.each(readers)('an answer without a body read as %s is empty, and not used', async (name, read) => {
    on.gateway.respond('', {}, 204);
    const response = await on.get();
    if (name === 'json') await expect(read(response)).rejects.toThrow(SyntaxError);
    else expect(await read(response)).toBe('');
    expect(response.bodyUsed).toBe(false);
  });

  test.each([
    ['application/x-www-form-urlencoded;charset=UTF-8', true],
    ['multipart/form-data; boundary="boundary"', false],
    ['text/plain', false],
  ])('an answer without a body and of type %s as a form', async (type, isForm) => {
    on.gateway.respond('', { 'content-type': type }, 204);
    const response = await on.get();
    if (isForm) expect(entriesOf(await response.formData())).toEqual([]);
    else await expect(response.formData()).rejects.toMatchObject({ name: 'TypeError' });
    expect(response.bodyUsed).toBe(false);
  });

  test.each(readers.filter(([name]) => name !== 'json'))(
    'an empty body read as %s is empty, and used',
    async (_, read) => {
      on.gateway.respond('');
      const response = await on.get();
      expect(await read(response)).toBe('');
      expect(response.bodyUsed).toBe(true);
    },
  );
});

describe('response/response-clone.any.js', () => {
  test('a clone says the same', async () => {
    on.gateway.respond('body', { 'x-one': '1' }, 404);
    const response = await on.get();
    const clone = response.clone();
    expect(clone).toBeInstanceOf(Response);
    for (const name of ['status', 'statusText', 'ok', 'url', 'type', 'redirected'] as const)
      expect(clone[name]).toBe(response[name]);
    expect(clone.headers.get('x-one')).toBe('1');
    expect(clone.headers).not.toBe(response.headers);
    expect([await clone.text(), response.bodyUsed, await response.text()]).toEqual(['body', false, 'body']);
  });

  test('an answer that was read cannot be cloned', async () => {
    on.gateway.respond('body');
    const response = await on.get();
    await response.text();
    expect(() => response.clone()).toThrow(TypeError);
  });

  test('an answer without a body can be cloned after it was read', async () => {
    on.gateway.respond('', {}, 204);
    const response = await on.get();
    await response.text();
    expect(await response.clone().text()).toBe('');
  });
});

describe('response/response-headers-guard.any.js', () => {
  test('the headers of an answer and of its clone cannot be changed', async () => {
    on.gateway.respond('', { 'x-one': '1' });
    const response = await on.get();
    for (const { headers } of [response, response.clone()]) {
      expect(() => {
        headers.append('x-one', '2');
      }).toThrow(TypeError);
      expect(() => {
        headers.set('x-two', '2');
      }).toThrow(TypeError);
      expect(() => {
        headers.delete('x-one');
      }).toThrow(TypeError);
      expect([headers.get('x-one'), headers.get('x-two')]).toEqual(['1', null]);
      expect(new Headers(headers).get('x-one')).toBe('1');
    }
  });
});

describe('response/json.any.js', () => {
  test('JSON is parsed as JavaScript does, without the byte order mark', async () => {
    on.gateway.respond('\uFEFF{ "b": 1, "a": 2, "b": 3 }');
    const json = (await (await on.get()).json()) as object;
    expect(Object.entries(json)).toEqual([
      ['b', 3],
      ['a', 2],
    ]);
  });

  test('JSON in UTF-16 is an error', async () => {
    on.gateway.respond(Buffer.from('\uFEFF{"a":1}', 'utf16le'));
    await expect((await on.get()).json()).rejects.toThrow();
  });

  test('what is no JSON is a SyntaxError', async () => {
    on.gateway.respond('<html>');
    await expect((await on.get()).json()).rejects.toThrow(SyntaxError);
  });
});
