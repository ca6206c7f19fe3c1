/** UTF-8, also for engines without a `TextDecoder`. */

import { fromCharCodes } from './base64';
import type { Bytes } from './bytes';

const BYTE_ORDER_MARK = '\uFEFF';
const REPLACEMENT = 0xfffd;
const CHUNK = 8192;

/** Classes that some engines lack. */
interface Codecs {
  TextEncoder?: new () => { encode(text: string): Uint8Array };
  TextDecoder?: new () => { decode(bytes: Uint8Array): string };
}

/** `text` in UTF-8; a surrogate without its other half becomes U+FFFD. */
export function encodeUtf8(text: string): Bytes {
  const { TextEncoder } = globalThis as Codecs;
  return TextEncoder ? (new TextEncoder().encode(text) as Bytes) : encodeByHand(text);
}

/** The text of `bytes`, without a byte order mark; what is not UTF-8 becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  const { TextDecoder } = globalThis as Codecs;
  return TextDecoder ? new TextDecoder().decode(bytes) : withoutByteOrderMark(decodeByHand(bytes));
}

/** `text` without a byte order mark. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** As {@link encodeUtf8}, for engines without a `TextEncoder`. */
export function encodeByHand(text: string): Bytes {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let code = text.codePointAt(at) ?? REPLACEMENT;
    if (code > 0xffff) at++;
    if (code >= 0xd800 && code <= 0xdfff) code = REPLACEMENT;
    if (code < 0x80) {
      bytes[length++] = code;
      continue;
    }
    const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    bytes[length++] = ((0xff00 >> (more + 1)) & 0xff) | (code >> (6 * more));
    for (let rest = more - 1; rest >= 0; rest--) bytes[length++] = 0x80 | ((code >> (6 * rest)) & 0x3f);
  }
  return bytes.slice(0, length);
}

/** As {@link decodeUtf8}, for engines without a `TextDecoder`; a byte order mark stays. */
export function decodeByHand(bytes: Uint8Array): string {
  let text = '';
  const units = new Uint16Array(CHUNK);
  let filled = 0;
  for (let at = 0; at < bytes.length;) {
    const { code, length } = codePointAt(bytes, at);
    at += length;
    if (code > 0xffff) {
      units[filled++] = 0xd7c0 + (code >> 10);
      units[filled++] = 0xdc00 | (code & 0x3ff);
    } else {
      units[filled++] = code;
    }
    if (filled > CHUNK - 2 || at >= bytes.length) {
      text += fromCharCodes(units.subarray(0, filled));
      filled = 0;
    }
  }
  return text;
}

/**
 * The code point that begins at `at`, and how many bytes it takes. As the Encoding Standard wants it, the longest beginning of a
 * sequence that could still have become valid is replaced as one.
 */
function codePointAt(bytes: Uint8Array, at: number): { code: number; length: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { code: first, length: 1 };
  const more = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  if (more === 0) return { code: REPLACEMENT, length: 1 };
  // No overlong forms, no surrogates, nothing past U+10FFFF: that is decided by the second byte.
  let lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  let code = first & (0x3f >> more);
  for (let taken = 1; taken <= more; taken++) {
    const next = bytes[at + taken] ?? 0;
    if (next < lowest || next > highest) return { code: REPLACEMENT, length: taken };
    code = (code << 6) | (next & 0x3f);
    lowest = 0x80;
    highest = 0xbf;
  }
  return { code, length: more + 1 };
}
