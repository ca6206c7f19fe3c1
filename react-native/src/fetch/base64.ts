/** Base64, without `Buffer`. */

import type { Bytes } from './bytes';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 61;
/** How many characters are converted to a string at a time: more would overflow the stack. */
const CHUNK = 8192;

const digits = Uint8Array.from(ALPHABET, (digit) => digit.charCodeAt(0));
const values = new Uint8Array(128);
digits.forEach((digit, value) => {
  values[digit] = value;
});

/** `bytes` in base64, with padding. */
export function toBase64(bytes: Uint8Array): string {
  const { btoa } = globalThis as { btoa?: (binary: string) => string };
  if (!btoa) return toBase64ByHand(bytes);
  // The engine's own function is several times as fast, even though it needs a string as its input.
  let binary = '';
  for (let start = 0; start < bytes.length; start += CHUNK)
    binary += fromCharCodes(bytes.subarray(start, start + CHUNK));
  return btoa(binary);
}

/** As {@link toBase64}, for engines without a `btoa`. */
export function toBase64ByHand(bytes: Uint8Array): string {
  let text = '';
  const chunk = new Uint8Array(CHUNK);
  for (let start = 0, filled = 0; start < bytes.length; start += 3) {
    const one = bytes[start] ?? 0;
    const two = bytes[start + 1] ?? 0;
    const three = bytes[start + 2] ?? 0;
    chunk[filled++] = digits[one >> 2] ?? 0;
    chunk[filled++] = digits[((one & 3) << 4) | (two >> 4)] ?? 0;
    chunk[filled++] = start + 1 < bytes.length ? (digits[((two & 15) << 2) | (three >> 6)] ?? 0) : PADDING;
    chunk[filled++] = start + 2 < bytes.length ? (digits[three & 63] ?? 0) : PADDING;
    if (filled === CHUNK || start + 3 >= bytes.length) {
      text += fromCharCodes(chunk.subarray(0, filled));
      filled = 0;
    }
  }
  return text;
}

/** The bytes of `text`, which is base64 with or without padding. */
export function fromBase64(text: string): Bytes {
  let length = text.length;
  while (length > 0 && text.charCodeAt(length - 1) === PADDING) length--;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  for (let at = 0, filled = 0; at < length; at += 4) {
    const word =
      (valueAt(text, at) << 18) | (valueAt(text, at + 1) << 12) | (valueAt(text, at + 2) << 6) | valueAt(text, at + 3);
    // The array ignores what is written after its end.
    bytes[filled++] = word >> 16;
    bytes[filled++] = word >> 8;
    bytes[filled++] = word;
  }
  return bytes;
}

/** The string of these character codes. There must not be more than some thousand. */
export function fromCharCodes(codes: Uint8Array | Uint16Array): string {
  return String.fromCharCode.apply(null, codes as unknown as number[]);
}

/** The value of a digit; 0 after the end. */
function valueAt(text: string, at: number): number {
  return values[text.charCodeAt(at) & 127] ?? 0;
}
