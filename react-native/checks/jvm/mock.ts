/** A mock Appwrite with its gateway, and its controls over HTTP. See `tests/mock-appwrite/README.md`. */

import { spawn, type ChildProcess } from 'node:child_process';
import { request } from 'node:http';
import { createInterface } from 'node:readline';

/** Ada's password. */
export const PASSWORD = 'correct horse battery';

type Description = { url: string; endpoint: string; gateway: string; foreign: string; project: string };

/** A running mock. */
export class Mock {
  private constructor(
    private readonly process: ChildProcess,
    private readonly description: Description,
  ) {}

  /** Starts one; `program` is the compiled mock. */
  static async start(program: string): Promise<Mock> {
    const child = spawn(program, ['serve', '--profile', '1.9', '--listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      createInterface({ input: child.stdout }).once('line', resolve);
    });
    return new Mock(child, JSON.parse(line) as Description);
  }

  /** What a client of it is built from. */
  get config() {
    const { endpoint, project, gateway } = this.description;
    return { endpoint, project, gateways: [gateway] };
  }

  /** Makes ada@example.com; her id. */
  async ada(): Promise<string> {
    const user = await this.control('POST', '/users', { email: 'ada@example.com', password: PASSWORD, name: 'Ada' });
    return user['userId'] as string;
  }

  /** Every request as `METHOD listener /path status`. */
  async wire(): Promise<string[]> {
    const { entries } = (await this.control('GET', '/journal')) as { entries: Record<string, unknown>[] };
    return entries.map((entry) => `${entry['method']} ${entry['listener']} ${entry['path']} ${entry['status']}`);
  }

  /** Uses one of its controls. */
  control(method: string, path: string, body: object = {}): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const headers = { 'Content-Length': Buffer.byteLength(text) };
      const sent = request(`${this.description.url}/_mock${path}`, { method, headers }, (answer) => {
        let read = '';
        answer.setEncoding('utf8').on('data', (part: string) => (read += part));
        answer.on('end', () => {
          if (answer.statusCode! >= 300)
            reject(new Error(`the mock answered ${answer.statusCode} to ${method} ${path}`));
          else resolve(read ? (JSON.parse(read) as Record<string, unknown>) : {});
        });
      });
      sent.on('error', reject).end(text);
    });
  }

  /** Ends it. */
  end(): void {
    this.process.kill();
  }
}
