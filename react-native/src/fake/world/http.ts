/** Requests and answers as they travel in the fake world: bodies are text, or bytes in base64. */

import { fromBase64, toBase64 } from '../../fetch/base64';
import { decodeUtf8, encodeUtf8 } from '../../fetch/utf8';

/** One header line. */
export interface Header {
  name: string;
  value: string;
}

/** A body: text, or bytes in base64. */
export interface Body {
  body: string;
  bodyIsBase64: boolean;
}

/** A request on its way. */
export type HttpRequest = Body & { method: string; url: URL; headers: Header[] };

/** A whole answer. */
export type HttpAnswer = Body & { status: number; headers: Header[] };

/** No body at all. */
export const EMPTY: Body = { body: '', bodyIsBase64: false };

/** The first header of that name, in any case. */
export function header(headers: readonly Header[], name: string): string | undefined {
  return headers.find((each) => each.name.toLowerCase() === name)?.value;
}

/** All headers but those of these names, which are in lower case. */
export function without(headers: readonly Header[], names: readonly string[]): Header[] {
  return headers.filter((each) => !names.includes(each.name.toLowerCase()));
}

/** An answer of JSON. */
export function json(status: number, value: unknown, headers: Header[] = []): HttpAnswer {
  const kind = { name: 'content-type', value: 'application/json' };
  return { status, headers: [kind, ...headers], body: JSON.stringify(value), bodyIsBase64: false };
}

/** The body as text. */
export function textOf({ body, bodyIsBase64 }: Body): string {
  return bodyIsBase64 ? decodeUtf8(fromBase64(body)) : body;
}

/** The body as JSON; `undefined` if it is none. */
export function jsonOf(body: Body): unknown {
  try {
    return JSON.parse(textOf(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** A body of these bytes: text where they are UTF-8, as the native modules give it. */
export function bodyOf(bytes: Uint8Array): Body {
  const text = decodeUtf8(bytes);
  const isText = toBase64(encodeUtf8(text)) === toBase64(bytes);
  return isText ? { body: text, bodyIsBase64: false } : { body: toBase64(bytes), bodyIsBase64: true };
}
