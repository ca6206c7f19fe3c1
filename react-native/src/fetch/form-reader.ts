/** Reads forms, in both of their encodings. */

import { makeBlob } from './blob';
import { Content } from './content';
import { decodeUtf8, encodeUtf8 } from './utf8';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const HEADER = new RegExp(`^[ \\t]*(${TOKEN})[ \\t]*:[ \\t]*(.*?)[ \\t]*$`);
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})\\s*(;.*)?$`);
const PARAMETER = new RegExp(`^\\s*(${TOKEN})=(?:"([^"]*)"|(${TOKEN}))\\s*$`);

/**
 * Reads `content` as a form, according to its content type.
 *
 * @throws TypeError if it is not a form.
 */
export async function readFormData(content: Content, type: string): Promise<FormData> {
  const { essence, parameters } = mediaType(type);
  if (essence === 'application/x-www-form-urlencoded') return readUrlEncoded(content.text());
  const boundary = parameters.get('boundary');
  if (essence !== 'multipart/form-data' || !boundary) throw new TypeError('the body is not a form');
  return readMultipart(content.bytes(), boundary);
}

function readUrlEncoded(text: string): FormData {
  const form = new FormData();
  for (const pair of text.split('&').filter(Boolean)) {
    const [name = '', ...value] = pair.split('=');
    form.append(percentDecoded(name), percentDecoded(value.join('=')));
  }
  return form;
}

function percentDecoded(text: string): string {
  return text
    .replace(/\+/g, ' ')
    .replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
      decodeUtf8(Uint8Array.from(run.slice(1).split('%'), (digits) => parseInt(digits, 16))),
    );
}

async function readMultipart(bytes: Uint8Array, boundary: string): Promise<FormData> {
  const form = new FormData();
  const delimiter = encodeUtf8(`\r\n--${boundary}`);
  if (indexOf(bytes, delimiter.subarray(2), 0) !== 0) throw new TypeError('the form has no beginning');
  let at = delimiter.length - 2;
  for (;;) {
    const isLast = bytes[at] === DASH && bytes[at + 1] === DASH;
    const line = lineEnd(bytes, isLast ? at + 2 : at);
    if (isLast && (line === bytes.length || isNewline(bytes, line))) return form;
    const head = line + 2;
    const gap = indexOf(bytes, NEWLINES, head);
    const end = indexOf(bytes, delimiter, gap + 4);
    if (isLast || !isNewline(bytes, line) || gap < 0 || end < 0) throw new TypeError('the form is malformed');
    await appendPart(form, headersOf(bytes.subarray(head, gap)), bytes.subarray(gap + 4, end));
    at = end + delimiter.length;
  }
}

/** The position after the blanks that follow a delimiter. */
function lineEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at;
}

/** The headers of a part, by name. If there are two of one name, the last one counts. */
function headersOf(bytes: Uint8Array): Map<string, string> {
  const lines = decodeUtf8(bytes).split('\r\n');
  return new Map(
    lines.map((line) => {
      const [, name, value] = HEADER.exec(line) ?? [];
      if (name === undefined || value === undefined || /[\0\r\n]/.test(line)) {
        throw new TypeError('a header in the form is malformed');
      }
      return [name.toLowerCase(), value];
    }),
  );
}

async function appendPart(form: FormData, headers: Map<string, string>, value: Uint8Array): Promise<void> {
  const disposition = /^form-data\s*;(.*)$/i.exec(headers.get('content-disposition') ?? '')?.[1] ?? '';
  const name = /(?:^|[;\s])name="([^"]*)"/i.exec(disposition)?.[1];
  if (name === undefined) throw new TypeError('a part of the form has no name');
  const filename = /(?:^|[;\s])filename="([^"]*)"/i.exec(disposition)?.[1];
  if (filename === undefined) {
    form.append(name, decodeUtf8(value));
    return;
  }
  const { essence, parameters } = mediaType(headers.get('content-type') ?? 'text/plain');
  const type = [essence, ...[...parameters].map(([key, text]) => `${key}=${text}`)].join(';');
  // React Native's types do not declare the file name.
  const wide = form as { append: (name: string, value: unknown, filename: string) => void };
  wide.append(name, await makeBlob(Content.ofBytes(value), type), filename);
}

/** The last media type in the value of a header. */
function mediaType(value: string): { essence: string; parameters: Map<string, string> } {
  const [, essence = '', rest = ''] = MEDIA_TYPE.exec(value.split(/,(?=[^"]*(?:"[^"]*"[^"]*)*$)/).at(-1) ?? '') ?? [];
  const parameters = rest.split(';').flatMap((parameter): [string, string][] => {
    const [, name, quoted, plain] = PARAMETER.exec(parameter) ?? [];
    return name === undefined ? [] : [[name.toLowerCase(), quoted ?? plain ?? '']];
  });
  return { essence: essence.toLowerCase(), parameters: new Map(parameters) };
}

const DASH = 45;
const SPACE = 32;
const TAB = 9;
const NEWLINES = encodeUtf8('\r\n\r\n');

function isNewline(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === NEWLINES[0] && bytes[at + 1] === NEWLINES[1];
}

/** The position of `wanted` in `bytes`, or -1. */
function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    at = bytes.indexOf(wanted[0] ?? 0, at);
    if (at < 0) return -1;
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) return at;
  }
}
