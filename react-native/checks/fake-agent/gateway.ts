/** The gateway of the scenarios, as the mock Appwrite has one: said to the fake in the words of an app's test. */

import type { FakeGateway, GatewayRequest } from '../../src/fake';

/** The project of the scenarios. */
export const PROJECT = 'demo';

/** Serves the scenarios' routes. */
export function serveGateway(gateway: FakeGateway): void {
  const open = { authenticated: false };
  for (const method of ['GET', 'PUT', 'DELETE']) gateway.on(method, '/gateway/whoami', (request) => ({ json: who(request) }));
  gateway
    .on('POST', '/gateway/echo', ({ headers, text }) => ({
      headers: { 'content-type': headers['content-type'] ?? 'application/octet-stream' },
      text,
    }))
    .on('POST', '/gateway/form', async ({ headers, bytes }) => ({ json: { fields: await fieldsOf(headers, bytes) } }))
    .on('GET', '/gateway/sticky', (request) => ({
      headers: {
        'set-cookie': [
          `lb=${request.query.value ?? 'one'}; Path=/`,
          ...('session' in request.query ? [`a_session_${PROJECT}=evil; Path=/`] : []),
        ],
      },
      json: who(request),
    }))
    .on('GET', '/gateway/deny', { status: 401, json: { detail: 'not for you' } }, open)
    .on('GET', '/gateway/open', (request) => ({ json: { carriers: names(request), method: request.method } }), open);
  for (const method of ['GET', 'POST']) {
    const redirect = ({ query }: GatewayRequest) => ({
      status: Number(query.status ?? 302),
      headers: { location: query.to ?? '' },
    });
    gateway.on(method, '/gateway/redirect', redirect, open);
  }
}

async function fieldsOf(headers: Record<string, string>, bytes: Uint8Array) {
  // Read by Node: the types are those of React Native.
  const { Response: Read } = globalThis as unknown as {
    Response: new (body: Uint8Array, init: object) => { formData(): Promise<Iterable<[string, string | File]>> };
  };
  const form = await new Read(bytes, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
  return [...form].map(([name, value]) =>
    typeof value === 'string'
      ? { name, text: value }
      : { name, fileName: value.name, type: value.type, length: value.size },
  );
}

function who(request: GatewayRequest) {
  const { userId, method, cookies, carriers, bytes } = request;
  return { userId, method, cookies, carriers, carrier: names(request)[0], bodyLength: bytes.length };
}

function names({ carrier }: GatewayRequest): string[] {
  return carrier === 'none' ? [] : [carrier];
}
