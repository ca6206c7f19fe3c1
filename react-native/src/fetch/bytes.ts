/** Bytes, and copies of them. */

/** A `Uint8Array` with a buffer of its own. How TypeScript names that type depends on its version. */
export type Bytes = ReturnType<Uint8Array['slice']>;

/** The bytes of a buffer or of a view of one. They are not copied. */
export function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

/** Whether it is an `ArrayBuffer`, of this realm or another. */
export function isBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]';
}

/** Concatenates `parts`. */
export function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
