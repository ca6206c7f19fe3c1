/** The body of a call. */

import { configError } from '../errors';
import { isBlob, readBlob } from './blob';
import { bytesOf, isBuffer } from './bytes';
import { Content } from './content';
import { isFormData, writeFormData } from './form-data';

/** A body, whose content may still be read, and the content type that it implies. */
export interface Body {
  readonly type: string | null;
  readonly content: Content | Promise<Content>;
}

/**
 * Converts the body that the app gave.
 *
 * @throws SessionError with the code `config` for a stream, or a file that is given by its URI. They are not supported yet.
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
    if ('getReader' in given) throw configError('a stream cannot be sent yet; read it, and send its bytes');
    if ('uri' in given)
      throw configError('a file that is given by its uri cannot be sent yet; read it, and send its bytes as the body');
  }
  // As in the standard, everything else is converted to a string.
  return { type: 'text/plain;charset=UTF-8', content: Content.ofText(String(given)) };
}
