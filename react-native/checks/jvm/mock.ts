/** A mock Appwrite with its gateway, and its controls over HTTP. See `tests/mock-appwrite/README.md`. */

import { startMockAppwrite, type MockAppwrite } from '../../../tests/mock-appwrite/packages/npm';

/** Ada's password. */
export const PASSWORD = 'correct horse battery';

/** A running mock. */
export class Mock {
  private constructor(private readonly mock: MockAppwrite) {}

  /** Starts one; `program` is the compiled mock. */
  static async start(program: string): Promise<Mock> {
    return new Mock(await startMockAppwrite({ program, profile: '1.9' }));
  }

  /** What a client of it is built from. */
  get config() {
    const { endpoint, project, gateway } = this.mock;
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
  async control(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    return (await this.mock.control<Record<string, unknown> | undefined>(method, path, body)) ?? {};
  }

  /** Ends it. */
  async end(): Promise<void> {
    await this.mock.close();
  }
}
