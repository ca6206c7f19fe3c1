/** A native side that does real HTTP, with Node's client: headers, bodies and aborts are what a server sees. It follows no redirects. */

import { request as send, type ClientRequest, type IncomingMessage } from 'node:http';
import { URL } from 'node:url';

import type { NativeChange, NativeConfig, NativeRequest, NativeResponse, Spec } from '../../src/NativeAppwriteSession';

const CHANGE: NativeChange = {
  client: 1,
  number: 0,
  kind: 'signed_in',
  factors: [],
  verified: true,
  persistence: 'durable',
};

const running = new Map<number, ClientRequest>();
const cancelled = new Set<number>();
let origin = '';

/** The part of the module that `fetch` needs. */
export const native = {
  createClient: ({ gateways }: NativeConfig) => {
    origin = gateways[0]?.url ?? '';
    return { client: 1 };
  },
  onChange: () => ({ remove: () => undefined }),
  change: () => CHANGE,
  send: (_: number, call: number, request: NativeRequest) =>
    exchange(call, request).finally(() => {
      running.delete(call);
    }),
  cancel: (_: number, call: number) => {
    cancelled.add(call);
    running.get(call)?.destroy();
  },
} as Partial<Record<keyof Spec, unknown>> as Spec;

async function exchange(call: number, request: NativeRequest): Promise<NativeResponse> {
  const url = request.target.startsWith('/') ? origin + request.target : request.target;
  const headers = request.headers.flatMap(({ name, value }) => [name, value]);
  const body = Buffer.from(request.body, request.bodyIsBase64 ? 'base64' : 'utf8');
  if (body.length > 0 || request.method === 'POST' || request.method === 'PUT') {
    headers.push('content-length', String(body.length));
  }
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = send(url, { method: request.method, headers: ['host', new URL(url).host, ...headers] }, resolve);
      running.set(call, outgoing);
      outgoing.on('error', reject).end(body);
    });
    return await toNative(url, answer);
  } catch {
    const code = cancelled.has(call) ? 'cancelled' : 'network';
    const userInfo = { code, message: 'the network failed', retryable: true };
    throw Object.assign(new Error(userInfo.message), { code, userInfo });
  }
}

async function toNative(url: string, answer: IncomingMessage): Promise<NativeResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes) && !text.includes('\0');
  const raw = answer.rawHeaders;
  return {
    url,
    redirected: false,
    status: answer.statusCode ?? 0,
    headers: raw.flatMap((name, at) => (at % 2 ? [] : [{ name, value: raw[at + 1] ?? '' }])),
    body: isText ? text : bytes.toString('base64'),
    bodyIsBase64: !isText,
  };
}
