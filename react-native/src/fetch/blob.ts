/** Blobs. React Native can neither read nor create them as browsers do. */

import { fromBase64 } from './base64';
import type { Bytes } from './bytes';
import type { Content } from './content';

/** A blob that can be read without a `FileReader`, on some platforms. */
type Readable = Blob & { arrayBuffer?: () => Promise<ArrayBuffer> };

/** Whether it is a `Blob`. */
export function isBlob(value: unknown): value is Blob {
  return typeof Blob !== 'undefined' && value instanceof Blob;
}

/** The bytes of a blob. */
export async function readBlob(blob: Readable): Promise<Bytes> {
  if (typeof blob.arrayBuffer === 'function') return new Uint8Array(await blob.arrayBuffer());
  return fromBase64(await readAsBase64(blob));
}

/** The bytes of a blob in base64: this is the only reading that every `FileReader` of React Native supports. */
function readAsBase64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const url = reader.result as string;
      resolve(url.slice(url.indexOf(',') + 1));
    };
    reader.onerror = () => {
      reject(new TypeError('the blob could not be read'));
    };
    reader.readAsDataURL(blob);
  });
}

/**
 * Makes a blob of `content`. React Native makes blobs of strings only, and on iOS also of a `data:` URL.
 *
 * @throws TypeError if the platform cannot make a blob of bytes.
 */
export async function makeBlob(content: Content, type: string): Promise<Blob> {
  const Made = Blob as unknown as new (parts: unknown[], options: { type: string }) => Blob;
  if (!content.isBase64) return new Made([content.body], { type });
  try {
    return new Made([content.bytes()], { type });
  } catch {
    try {
      const response = await fetch(`data:${type || 'application/octet-stream'};base64,${content.body}`);
      return await response.blob();
    } catch {
      throw new TypeError('this platform cannot make a Blob of bytes; use arrayBuffer()');
    }
  }
}
