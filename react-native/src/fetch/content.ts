/** The content of a body, as it is exchanged with the native side: text, or bytes in base64. It is converted when it is read. */

import type { NativeRequest } from '../NativeAppwriteSession';
import { fromBase64, toBase64 } from './base64';
import type { Bytes } from './bytes';
import { decodeUtf8, encodeUtf8, withoutByteOrderMark } from './utf8';

/** What the native side gets of a body. A file or a form takes the place of the content. */
export type Payload = Pick<NativeRequest, 'body' | 'bodyIsBase64' | 'file' | 'form'>;

/** The content of a body. */
export class Content {
  private constructor(
    /** Text, or bytes in base64. */
    readonly body: string,
    /** Whether `body` is base64. */
    readonly isBase64: boolean,
  ) {}

  /** An empty body. */
  static readonly EMPTY = new Content('', false);

  /** Content that came from the native side. */
  static received(body: string, isBase64: boolean): Content {
    return new Content(body, isBase64);
  }

  static ofBytes(bytes: Uint8Array): Content {
    return new Content(toBase64(bytes), true);
  }

  static ofText(text: string): Content {
    // iOS reads a string up to its first NUL, and a string for the native side must not contain a lone surrogate.
    const plain = !text.includes('\0') && !LONE_SURROGATE.test(text);
    return plain ? new Content(text, false) : Content.ofBytes(encodeUtf8(text));
  }

  /** The content for the native side. */
  payload(): Payload {
    return { body: this.body, bodyIsBase64: this.isBase64 };
  }

  /** The content as text: UTF-8 without a byte order mark, and U+FFFD for what is not UTF-8. */
  text(): string {
    return this.isBase64 ? decodeUtf8(fromBase64(this.body)) : withoutByteOrderMark(this.body);
  }

  /** The content as bytes. The caller may change them. */
  bytes(): Bytes {
    return this.isBase64 ? fromBase64(this.body) : encodeUtf8(this.body);
  }
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?:[^\uD800-\uDBFF]|^)[\uDC00-\uDFFF]/;
