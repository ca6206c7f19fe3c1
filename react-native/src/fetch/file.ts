/** Files that are sent by their URIs. The native side opens and reads them: none of their bytes reach JavaScript. */

import { text, withoutUndefined } from '../config';
import { configError } from '../errors';
import type { NativeFile } from '../NativeAppwriteSession';

/** A file that is sent as a body, or as a part of a `FormData`. It is read when it is sent, a part at a time. */
export interface UploadFile {
  /** Where it is: a `file://` URI, or on Android a `content://` URI. */
  readonly uri: string;
  /** The name that a form says; that of the file if it is not set. */
  readonly name?: string | undefined;
  /** The content type, such as `image/jpeg`. */
  readonly type?: string | undefined;
}

/** Whether it is a file that is given by its URI. */
export function isUploadFile(value: unknown): value is UploadFile {
  return typeof value === 'object' && value !== null && 'uri' in value;
}

/**
 * The file for the native side.
 *
 * @throws SessionError with the code `config` for a URI that is not of a file, such as `ph://` for a photo of iOS.
 */
export function toNativeFile({ uri, name, type }: UploadFile): NativeFile {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text(uri, 'uri'))?.[1]?.toLowerCase();
  if (scheme !== 'file' && scheme !== 'content') {
    // Not the URI itself, which can say something of the user.
    const what = scheme === undefined ? 'a path' : `a URI with the scheme ${scheme}`;
    throw configError(`${what} cannot be sent; copy it to a file of the app, and pass the file:// URI of that`);
  }
  return withoutUndefined({
    uri,
    name: name === undefined ? undefined : text(name, 'name'),
    type: type === undefined ? undefined : text(type, 'type'),
  });
}
