/** Writes forms as multipart, since React Native gives a form away in parts only. */

import { misused } from '../errors';
import { isBlob, readBlob } from './blob';
import { joined } from './bytes';
import { Content } from './content';
import { encodeUtf8 } from './utf8';

/** The forms of browsers and of React Native, which have one of these. */
interface AnyForm {
  entries?: () => Iterable<[string, unknown]>;
  getParts?: () => { string?: string; fieldName?: string; headers: Record<string, string> }[];
}

/** Whether it is a form. */
export function isFormData(value: unknown): value is FormData {
  return typeof FormData !== 'undefined' && value instanceof FormData;
}

/** The content type of a form that is about to be written, and its content. */
export function writeFormData(form: FormData): { type: string; content: Promise<Content> } {
  const boundary = `----AppwriteSession${random()}${random()}`;
  return { type: `multipart/form-data; boundary=${boundary}`, content: writeParts(form, boundary) };
}

async function writeParts(form: FormData, boundary: string): Promise<Content> {
  const parts: (string | Uint8Array)[] = [];
  for (const [name, value] of fieldsOf(form)) {
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${escaped(withNewlines(name))}"`);
    if (typeof value === 'string') {
      parts.push(`\r\n\r\n${withNewlines(value)}\r\n`);
    } else {
      const filename = (value as { name?: string }).name ?? 'blob';
      parts.push(
        `; filename="${escaped(filename)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`,
      );
      parts.push(await readBlob(value), '\r\n');
    }
  }
  parts.push(`--${boundary}--\r\n`);
  if (parts.every((part) => typeof part === 'string')) return Content.ofText(parts.join(''));
  return Content.ofBytes(joined(parts.map((part) => (typeof part === 'string' ? encodeUtf8(part) : part))));
}

function fieldsOf(form: AnyForm): [string, string | Blob][] {
  const fields: [string, unknown][] = form.entries
    ? [...form.entries()]
    : (form.getParts?.() ?? []).map((part) => [part.fieldName ?? nameIn(part.headers), part.string]);
  return fields.map(([name, value]) => {
    if (typeof value === 'string' || isBlob(value)) return [name, value];
    throw misused('a file by its uri cannot be sent yet; send its bytes');
  });
}

/** The name of a part by its header, which React Native writes without escapes. */
function nameIn(headers: Record<string, string>): string {
  return /^form-data; name="([^]*?)"(?:; filename=|$)/.exec(headers['content-disposition'] ?? '')?.[1] ?? '';
}

const withNewlines = (text: string) => text.replace(/\r\n|\r|\n/g, '\r\n');

const escaped = (text: string) => text.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22');

const random = () => Math.random().toString(36).slice(2, 14).padEnd(12, '0');
