/** The body of a call. */

import { configError } from '../errors';
import { isBlob, readBlob } from './blob';
import { bytesOf, isBuffer } from './bytes';
import { Content, type Payload } from './content';
import { isUploadFile, toNativeFile } from './file';
import { isFormData, writeFormData } from './form-data';

/** A body, whose content may still be read, and the content type that it implies. */
export interface Body {
  readonly type: string | null;
  readonly payload: Payload | Promise<Payload>;
}

/**
 * Converts the body that the app gave.
 *
 * @throws SessionError with the code `config` for a stream, which is not supported yet, and for a URI that is not of a file.
 */
export function toBody(given: unknown): Body {
  if (isBlob(given))
    return { type: given.type || null, payload: readBlob(given).then((bytes) => Content.ofBytes(bytes).payload()) };
  if (isFormData(given)) return writeFormData(given);
  if (isBuffer(given) || ArrayBuffer.isView(given))
    return { type: null, payload: Content.ofBytes(bytesOf(given)).payload() };
  if (typeof URLSearchParams !== 'undefined' && given instanceof URLSearchParams) {
    return {
      type: 'application/x-www-form-urlencoded;charset=UTF-8',
      payload: Content.ofText(given.toString()).payload(),
    };
  }
  if (typeof given === 'object' && given !== null) {
    if ('getReader' in given) throw configError('a stream cannot be sent yet; read it, and send its bytes');
    // The native side sets the content type, unless the app has.
    if (isUploadFile(given)) return { type: null, payload: { ...Content.EMPTY.payload(), file: toNativeFile(given) } };
  }
  // As in the standard, everything else is converted to a string.
  return { type: 'text/plain;charset=UTF-8', payload: Content.ofText(String(given)).payload() };
}
