/** What can be the body of a call. */

import { misused } from '../errors';
import { isBlob, readBlob } from './blob';
import { bytesOf, isBuffer } from './bytes';
import { Content } from './content';
import { isFormData, writeFormData } from './form-data';

/** A body whose content is on its way, and the content type that it implies. */
export interface Body {
  readonly type: string | null;
  readonly content: Content | Promise<Content>;
}

/**
 * The body that the app gave.
 *
 * @throws SessionError with the code `config` for a file by its uri or a stream, which cannot be sent yet.
 */
export function toBody(given: unknown): Body {
  if (isBlob(given))
    return { type: given.type || null, content: readBlob(given).then((bytes) => Content.ofBytes(bytes)) };
  if (isFormData(given)) return writeFormData(given);
  if (isBuffer(given) || ArrayBuffer.isView(given)) return { type: null, content: Content.ofBytes(bytesOf(given)) };
  if (typeof URLSearchParams !== 'undefined' && given instanceof URLSearchParams) {
    return { type: 'application/x-www-form-urlencoded;charset=UTF-8', content: Content.ofText(given.toString()) };
  }
  if (typeof given === 'object' && given !== null) {
    if ('getReader' in given) throw misused('a stream cannot be sent yet; read it first');
    if ('uri' in given) throw misused('a file by its uri cannot be sent yet; send its bytes');
  }
  // As the standard says, whatever else it is becomes a text.
  return { type: 'text/plain;charset=UTF-8', content: Content.ofText(String(given)) };
}
