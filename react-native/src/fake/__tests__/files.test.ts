/** Files that are sent by their URIs, through the core. */

import { fakeSession } from '../index';
import { createSessionClient, type SessionClient, type Transfer } from '../../index';

let session: SessionClient;

beforeEach(async () => {
  fakeSession.reset();
  session = createSessionClient({
    endpoint: 'https://appwrite.example.com/v1',
    project: 'shop',
    gateways: ['https://api.example.com'],
  });
  fakeSession.startSignedIn(fakeSession.user({ email: 'ada@example.com' }));
  await session.restored();
  fakeSession.gateway.on('PUT', '/photo', ({ text, headers }) => ({ json: { text, type: headers['content-type'] } }));
  fakeSession.gateway.on('PUT', '/bytes', ({ bytes }) => ({ bytes }));
});

afterEach(() => session.close());

/** A form as React Native has it. */
const form = (...parts: object[]) =>
  Object.assign(new FormData(), { entries: undefined, getParts: () => parts }) as unknown as FormData;

const put = (body: object) => session.fetch('/photo', { method: 'PUT', body: body as never });

test('a file is a body, with its content type or the one of the headers', async () => {
  fakeSession.files.set('file:///notes/a%20b.txt', 'Grüße');
  const uri = 'file:///notes/a%20b.txt';
  expect(await (await put({ uri, type: 'text/plain' })).json()).toEqual({ text: 'Grüße', type: 'text/plain' });
  expect(await (await put({ uri })).json()).toEqual({ text: 'Grüße', type: 'application/octet-stream' });
  const headers = { 'Content-Type': 'text/x-note' };
  const typed = await session.fetch('/photo', { method: 'PUT', headers, body: { uri, type: 'text/plain' } });
  expect(await typed.json()).toEqual({ text: 'Grüße', type: 'text/x-note' });
});

test('a file is a part of a form, with the name of its path if it has no other', async () => {
  fakeSession.files.set('content://notes/a%20b.txt?version=2', 'one');
  const uri = 'content://notes/a%20b.txt?version=2';
  const headers = {};
  const response = await put(
    form(
      { fieldName: 'title', string: 'two', headers },
      { fieldName: 'note', uri, headers },
      { fieldName: 'again', uri, name: 'c.txt', type: 'text/plain', headers },
    ),
  );
  const { text, type } = (await response.json()) as { text: string; type: string };
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(type)?.[1] ?? '';
  expect(text.split(`--${boundary}`)).toEqual([
    '',
    '\r\nContent-Disposition: form-data; name="title"\r\n\r\ntwo\r\n',
    '\r\nContent-Disposition: form-data; name="note"; filename="a b.txt"\r\nContent-Type: application/octet-stream\r\n\r\none\r\n',
    '\r\nContent-Disposition: form-data; name="again"; filename="c.txt"\r\nContent-Type: text/plain\r\n\r\none\r\n',
    '--\r\n',
  ]);
});

test('a file that is not there is an error before anything is sent', async () => {
  const sent = fakeSession.requests.length;
  const missing = { code: 'file_failed', detail: 'not_found', mayHaveArrived: false };
  await expect(put({ uri: 'file:///missing' })).rejects.toMatchObject(missing);
  const part = { fieldName: 'photo', uri: 'file:///missing', headers: {} };
  await expect(put(form(part))).rejects.toMatchObject(missing);
  expect(fakeSession.requests).toHaveLength(sent);
});

test('the progress of a file ends with all of it, before the promise resolves', async () => {
  fakeSession.files.set('file:///photo.jpg', new Uint8Array(70_000));
  const transfers: Transfer[] = [];
  await session.fetch('/photo', {
    method: 'PUT',
    body: { uri: 'file:///photo.jpg' },
    onProgress: (transfer) => transfers.push(transfer),
  });
  expect(transfers.at(-1)).toEqual({ direction: 'up', bytes: 70_000, total: 70_000 });
});

test('the bytes of a file arrive as they are', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  fakeSession.files.set('file:///bytes', bytes);
  const response = await session.fetch('/bytes', { method: 'PUT', body: { uri: 'file:///bytes' } });
  expect(await response.bytes()).toEqual(bytes);
});

test('a file is what it was when it was written, and reset removes it', () => {
  const bytes = Uint8Array.of(1, 2);
  fakeSession.files.set('file:///photo.jpg', bytes);
  bytes[0] = 9;
  expect(fakeSession.files.get('file:///photo.jpg')).toEqual(Uint8Array.of(1, 2));
  fakeSession.reset();
  expect(fakeSession.files.get('file:///photo.jpg')).toBeUndefined();
});
