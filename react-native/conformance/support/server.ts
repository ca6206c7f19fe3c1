/** The gateway that the suite calls: what the handlers of web-platform-tests do, on loopback. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What arrived. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  /** As they were written on the wire, in order. */
  readonly headers: [string, string][];
  readonly body: Buffer;
}

type Handler = (request: IncomingMessage, response: ServerResponse, arrived: Arrived) => void;

/** A server that answers as each test says. */
export class Gateway {
  /** What arrived, in order. */
  readonly arrived: Arrived[] = [];
  private handler: Handler = (_, response) => response.end();
  private readonly waiting: ((response: ServerResponse) => void)[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      void this.serve(request, response);
    });
  }

  static async start(): Promise<Gateway> {
    const gateway = new Gateway(createServer());
    await new Promise<void>((resolve) => gateway.server.listen(0, '127.0.0.1', resolve));
    return gateway;
  }

  /** Where it is. */
  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** From now on every request is answered so. */
  answer(handler: Handler): void {
    this.handler = handler;
    this.arrived.length = 0;
  }

  /** From now on every request is answered with that. */
  respond(body: string | Uint8Array, headers: Record<string, string | string[]> = {}, status = 200): void {
    this.answer((_, response) => response.writeHead(status, headers).end(body));
  }

  /** From now on every request is answered with what it was. */
  echo(): void {
    this.answer((_, response, arrived) => response.end(arrived.body));
  }

  /** From now on no request gets an end; resolves to the next one's answer, which has begun. */
  hang(): Promise<ServerResponse> {
    this.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('beginning');
      this.waiting.shift()?.(response);
    });
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The one request that arrived. */
  get only(): Arrived {
    const [one, ...more] = this.arrived;
    if (!one || more.length > 0) throw new Error(`${this.arrived.length} requests arrived`);
    return one;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = request.rawHeaders;
    const headers = raw.flatMap((name, at): [string, string][] => (at % 2 ? [] : [[name, raw[at + 1] ?? '']]));
    const arrived = { method: request.method ?? '', url: request.url ?? '', headers, body: Buffer.concat(chunks) };
    this.arrived.push(arrived);
    this.handler(request, response, arrived);
  }
}

/** The value of a header that arrived. As in HTTP, several lines of one name mean their values, joined with a comma. */
export function header(arrived: Arrived, name: string): string | undefined {
  const values = arrived.headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}
