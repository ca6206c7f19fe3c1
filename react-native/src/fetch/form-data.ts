/** Writes forms as `multipart/form-data`. React Native only gives access to the parts of a form. */

import { configError } from '../errors';
import { isBlob, readBlob } from './blob';
import { joined } from './bytes';
import { Content } from './content';
import { encodeUtf8 } from './utf8';

/** A form. Browsers have `entries`, React Native has `getParts`. */
interface AnyForm {
  entries?: () => Iterable<[string, unknown]>;
  getParts?: () => { string?: string; fieldName?: string; headers: Record<string, string> }[];
}

/** Whether it is a `FormData`. */
export function isFormData(value: unknown): value is FormData {
  return typeof FormData !== 'undefined' && value instanceof FormData;
}

/** The content type of a form, and its content, which may still be read. */
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
    throw configError(
      'a form with a file that is given by its uri, or with a Blob in React Native, cannot be sent yet; ' +
        'read the file, and send its bytes as the body of a request of its own',
    );
  });
}

/** The name of a part, from its header. React Native writes it without escapes. */
function nameIn(headers: Record<string, string>): string {
  return /^form-data; name="([^]*?)"(?:; filename=|$)/.exec(headers['content-disposition'] ?? '')?.[1] ?? '';
}

const withNewlines = (text: string) => text.replace(/\r\n|\r|\n/g, '\r\n');

const escaped = (text: string) => text.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22');

const random = () => Math.random().toString(36).slice(2, 14).padEnd(12, '0');
