/** Base64 and UTF-8, compared with those of Node. */

import { randomBytes } from 'node:crypto';

import { fromBase64, toBase64, toBase64ByHand } from '../fetch/base64';
import { decodeByHand, decodeUtf8, encodeByHand, encodeUtf8, withoutByteOrderMark } from '../fetch/utf8';

const MEGABYTE = 1024 * 1024;

test.each([0, 1, 2, 3, 4, 5, 255, 6143, 6144, 6145, MEGABYTE + 1])('%i bytes go to base64 and back', (length) => {
  const bytes = new Uint8Array(randomBytes(length));
  const text = toBase64(bytes);
  expect(text).toBe(Buffer.from(bytes).toString('base64'));
  expect(toBase64ByHand(bytes)).toBe(text);
  expect(Buffer.compare(fromBase64(text), bytes)).toBe(0);
});

test('base64 without padding is read, too', () => {
  expect([...fromBase64('AQI')]).toEqual([1, 2]);
  expect([...fromBase64('AQ')]).toEqual([1]);
});

test('base64 of a view is of the view only', () => {
  expect(toBase64(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe('AgM=');
});

const texts: [string, string][] = [
  ['nothing', ''],
  ['ASCII', 'plain'],
  ['two bytes a character', 'Grüße'],
  ['three', '漢字'],
  ['four', '👩‍👩‍👧'],
  ['a NUL', 'a\u0000b'],
  ['a byte order mark', '\uFEFFmarked'],
  ['halves of surrogates', 'half \ud83d and \udc4d'],
  ['the end of one', '\ud83d'],
  ['more than a chunk', 'x'.repeat(20_000) + '👍'.repeat(9_000)],
];

test.each(texts)('a text of %s is encoded as by Node', (_, text) => {
  const expected = new TextEncoder().encode(text);
  expect(Buffer.compare(encodeUtf8(text), expected)).toBe(0);
  expect(Buffer.compare(encodeByHand(text), expected)).toBe(0);
});

test.each(texts)('a text of %s is decoded as by Node', (_, text) => {
  const bytes = new TextEncoder().encode(text);
  const expected = new TextDecoder().decode(bytes);
  expect(decodeUtf8(bytes) === expected).toBe(true);
  expect(withoutByteOrderMark(decodeByHand(bytes)) === expected).toBe(true);
});

test('what is not UTF-8 is replaced as by Node', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  // Bytes from where sequences begin, go on and are refused, so that nearly every one is broken in its own way.
  const interesting = [
    0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5,
    0xff,
  ];
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from(randomBytes(6), (byte) => interesting[byte % interesting.length] ?? 0);
    expect(decodeByHand(bytes)).toBe(decoder.decode(bytes));
  }
});

test('engines without any codec get the same', () => {
  const { TextEncoder: encoder, TextDecoder: decoder, btoa } = globalThis;
  try {
    Object.assign(globalThis, { TextEncoder: undefined, TextDecoder: undefined, btoa: undefined });
    expect(toBase64(Uint8Array.of(1, 2))).toBe('AQI=');
    expect(decodeUtf8(encodeUtf8('\uFEFFGrüße 👍'))).toBe('Grüße 👍');
  } finally {
    Object.assign(globalThis, { TextEncoder: encoder, TextDecoder: decoder, btoa });
  }
});
