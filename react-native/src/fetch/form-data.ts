/** Writes forms as `multipart/form-data`. React Native only gives access to the parts of a form. */

import { configError } from '../errors';
import { isBlob, readBlob } from './blob';
import { joined } from './bytes';
import type { NativeField } from '../NativeAppwriteSession';
import type { Body } from './body';
import { Content } from './content';
import { isUploadFile, toNativeFile, type UploadFile } from './file';
import { encodeUtf8 } from './utf8';

/** A part of a form of React Native. A file has its URI, its name and its type. */
interface Part {
  string?: string;
  uri?: string;
  name?: string;
  type?: string;
  fieldName?: string;
  headers: Record<string, string>;
}

/** A form. Browsers have `entries`, React Native has `getParts`. */
interface AnyForm {
  entries?: () => Iterable<[string, unknown]>;
  getParts?: () => Part[];
}

/** Whether it is a `FormData`. */
export function isFormData(value: unknown): value is FormData {
  return typeof FormData !== 'undefined' && value instanceof FormData;
}

/**
 * The body that a form is. It is written here, or by the native side if a file is in it.
 *
 * @throws SessionError with the code `config` for what cannot be sent.
 */
export function writeFormData(form: FormData): Body {
  const fields = fieldsOf(form);
  const written = fields.filter((field): field is [string, string | Blob] => !isUploadFile(field[1]));
  if (written.length < fields.length) return { type: null, payload: nativeForm(fields) };
  const boundary = `----AppwriteSession${random()}${random()}`;
  const payload = writeParts(written, boundary).then((content) => content.payload());
  return { type: `multipart/form-data; boundary=${boundary}`, payload };
}

async function nativeForm(fields: [string, string | Blob | UploadFile][]) {
  return { ...Content.EMPTY.payload(), form: await Promise.all(fields.map(nativeField)) };
}

async function nativeField([name, value]: [string, string | Blob | UploadFile]): Promise<NativeField> {
  const field = { name: withNewlines(name) };
  if (typeof value === 'string') return { ...field, ...Content.ofText(withNewlines(value)).payload() };
  if (isUploadFile(value)) return { ...field, ...Content.EMPTY.payload(), file: toNativeFile(value) };
  return {
    ...field,
    ...Content.ofBytes(await readBlob(value)).payload(),
    fileName: fileNameOf(value),
    contentType: typeOf(value),
  };
}

async function writeParts(fields: [string, string | Blob][], boundary: string): Promise<Content> {
  const parts: (string | Uint8Array)[] = [];
  for (const [name, value] of fields) {
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${escaped(withNewlines(name))}"`);
    if (typeof value === 'string') {
      parts.push(`\r\n\r\n${withNewlines(value)}\r\n`);
    } else {
      parts.push(`; filename="${escaped(fileNameOf(value))}"\r\nContent-Type: ${typeOf(value)}\r\n\r\n`);
      parts.push(await readBlob(value), '\r\n');
    }
  }
  parts.push(`--${boundary}--\r\n`);
  if (parts.every((part) => typeof part === 'string')) return Content.ofText(parts.join(''));
  return Content.ofBytes(joined(parts.map((part) => (typeof part === 'string' ? encodeUtf8(part) : part))));
}

const fileNameOf = (blob: Blob & { name?: string }) => blob.name ?? 'blob';

const typeOf = (blob: Blob) => blob.type || 'application/octet-stream';

function fieldsOf(form: AnyForm): [string, string | Blob | UploadFile][] {
  const fields: [string, unknown][] = form.entries
    ? [...form.entries()]
    : (form.getParts?.() ?? []).map((part) => [part.fieldName ?? nameIn(part.headers), part.string ?? fileIn(part)]);
  return fields.map(([name, value]) => {
    if (typeof value === 'string' || isBlob(value) || isUploadFile(value)) return [name, value];
    throw configError(
      'a form with a Blob cannot be sent in React Native; send it as the body of a request of its own, or add a file by its uri',
    );
  });
}

/** The file in a part, if it is one. */
function fileIn({ uri, name, type }: Part): UploadFile | undefined {
  return uri === undefined ? undefined : { uri, name, type };
}

/** The name of a part, from its header. React Native writes it without escapes. */
function nameIn(headers: Record<string, string>): string {
  return /^form-data; name="([^]*?)"(?:; filename=|$)/.exec(headers['content-disposition'] ?? '')?.[1] ?? '';
}

const withNewlines = (text: string) => text.replace(/\r\n|\r|\n/g, '\r\n');

const escaped = (text: string) => text.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22');

const random = () => Math.random().toString(36).slice(2, 14).padEnd(12, '0');
