/** The files of the device, by their URIs. */

import { toBase64 } from '../fetch/base64';
import { encodeUtf8 } from '../fetch/utf8';
import type { NativeFile, NativeRequest } from '../NativeAppwriteSession';

/** A file as the core gets it: its name, and its bytes in base64 if there is such a file. */
interface Opened {
  name: string;
  type?: string | undefined;
  bytes?: string | undefined;
}

/** Files that the app can send. There are none at first. */
export class FakeFiles {
  private readonly all = new Map<string, Uint8Array>();

  /** Writes a file: `fakeSession.files.set('file:///photo.jpg', bytes)`. A text is written as UTF-8. */
  set(uri: string, content: string | Uint8Array): void {
    this.all.set(uri, typeof content === 'string' ? encodeUtf8(content) : content.slice());
  }

  /** The bytes of a file; `undefined` if there is none. */
  get(uri: string): Uint8Array | undefined {
    return this.all.get(uri)?.slice();
  }

  /** Removes a file. */
  delete(uri: string): void {
    this.all.delete(uri);
  }

  /** Removes every file. @internal */
  clear(): void {
    this.all.clear();
  }

  /** The request with the content of its files, as they are now. @internal */
  opened(request: NativeRequest): object {
    const open = (file: NativeFile | undefined) => file && this.open(file);
    const form = request.form?.map((field) => ({ ...field, file: open(field.file) }));
    return { ...request, file: open(request.file), form };
  }

  private open({ uri, name, type }: NativeFile): Opened {
    const bytes = this.all.get(uri);
    return { name: name ?? nameOf(uri), type, bytes: bytes && toBase64(bytes) };
  }
}

/** The last part of the path. */
function nameOf(uri: string): string {
  const [path = ''] = uri.split(/[?#]/, 1);
  const last = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
