/** Requests and answers in the fake world. Bodies are text, or bytes in base64. */

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

/** A request. */
export type HttpRequest = Body & { method: string; url: URL; headers: Header[] };

/** A complete answer. */
export type HttpAnswer = Body & { status: number; headers: Header[] };

/** No body. */
export const EMPTY: Body = { body: '', bodyIsBase64: false };

/** The first header of that name. `name` is in lower case. */
export function header(headers: readonly Header[], name: string): string | undefined {
  return headers.find((each) => each.name.toLowerCase() === name)?.value;
}

/** The headers without those of these names, which are in lower case. */
export function without(headers: readonly Header[], names: readonly string[]): Header[] {
  return headers.filter((each) => !names.includes(each.name.toLowerCase()));
}

/** A JSON answer. */
export function json(status: number, value: unknown, headers: Header[] = []): HttpAnswer {
  const kind = { name: 'content-type', value: 'application/json' };
  return { status, headers: [kind, ...headers], body: JSON.stringify(value), bodyIsBase64: false };
}

/** The body as text. */
export function textOf({ body, bodyIsBase64 }: Body): string {
  return bodyIsBase64 ? decodeUtf8(fromBase64(body)) : body;
}

/** How many bytes the body has. */
export function lengthOf({ body, bodyIsBase64 }: Body): number {
  return (bodyIsBase64 ? fromBase64(body) : encodeUtf8(body)).length;
}

/** The body as JSON; `undefined` if it is not JSON. */
export function jsonOf(body: Body): unknown {
  try {
    return JSON.parse(textOf(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** A body of these bytes: text if they are valid UTF-8, as the native modules do it. */
export function bodyOf(bytes: Uint8Array): Body {
  const text = decodeUtf8(bytes);
  const isText = toBase64(encodeUtf8(text)) === toBase64(bytes);
  return isText ? { body: text, bodyIsBase64: false } : { body: toBase64(bytes), bodyIsBase64: true };
}
