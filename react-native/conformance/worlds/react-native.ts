/**
 * The world of React Native: its own `Headers`, `Request`, `Response`, `Blob`, `FileReader`, `FormData` and `AbortController`, over a
 * blob module in memory, and none of what only browsers and newer engines have.
 */

import './web';

/** What the native blob modules hold. */
const mockBlobs = new Map<string, Buffer>();

jest.mock('react-native/Libraries/Blob/NativeBlobModule', () => ({
  __esModule: true,
  default: {
    getConstants: () => ({ BLOB_URI_SCHEME: 'content', BLOB_URI_HOST: 'blobs' }),
    addNetworkingHandler: jest.fn(),
    release: jest.fn(),
    createFromParts: (parts: { type: string; data: string & { blobId: string } }[], id: string) => {
      const bytes = parts.map(({ type, data }) =>
        type === 'string' ? Buffer.from(data) : (mockBlobs.get(data.blobId) ?? Buffer.alloc(0)),
      );
      mockBlobs.set(id, Buffer.concat(bytes));
    },
  },
}));

jest.mock('react-native/Libraries/Blob/NativeFileReaderModule', () => {
  const read = ({ blobId, offset, size }: { blobId: string; offset: number; size: number }) =>
    (mockBlobs.get(blobId) ?? Buffer.alloc(0)).subarray(offset, offset + size);
  return {
    __esModule: true,
    default: {
      readAsDataURL: (data: Parameters<typeof read>[0]) =>
        Promise.resolve(`data:application/octet-stream;base64,${read(data).toString('base64')}`),
      readAsText: (data: Parameters<typeof read>[0]) => Promise.resolve(read(data).toString()),
    },
  };
});

const missing = ['fetch', 'Headers', 'Request', 'Response', 'File', 'ReadableStream', 'TextDecoder', 'DOMException'];
for (const name of missing) Reflect.deleteProperty(globalThis, name);

/** A class of React Native by its file. */
const load = (path: string) => jest.requireActual<{ default: unknown }>(`react-native/Libraries/${path}`).default;

Object.assign(globalThis, {
  Blob: load('Blob/Blob'),
  FileReader: load('Blob/FileReader'),
  FormData: load('Network/FormData'),
  URL: jest.requireActual<{ URL: unknown }>('react-native/Libraries/Blob/URL').URL,
  URLSearchParams: jest.requireActual<{ URLSearchParams: unknown }>('react-native/Libraries/Blob/URLSearchParams')
    .URLSearchParams,
  ...jest.requireActual<object>('abort-controller'),
});
// It puts its own in place of what is missing, as React Native has it do. It asks for no network here.
jest.requireActual('whatwg-fetch');
