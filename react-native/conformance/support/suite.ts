/** What every file of the suite uses: a gateway, the `fetch` of a client that is allowed to call it, and the world that it runs in. */

import { createSessionClient } from '../../src/client';
import type { Fetch, FetchInit, FetchResponse } from '../../src/fetch/fetch';
import { Gateway } from './server';

/** Whose `Headers`, `Request`, `Response`, `Blob` and `FormData` there are: Node's, or those of React Native. */
declare const WORLD: 'web' | 'react-native';

/** Whether the platform's classes are those of React Native. */
export const onReactNative = WORLD === 'react-native';

/** A test of what only the classes of the web can do. LIST.md says what. */
export function testOnWeb(name: string, run: () => Promise<void>): void {
  if (!onReactNative) test(name, run);
}

export interface Suite {
  readonly gateway: Gateway;
  readonly fetch: Fetch;
  /** Gets a path of the gateway. */
  readonly get: (init?: FetchInit) => Promise<FetchResponse>;
}

/** A gateway and a client for the tests of one file. */
export function suite(): Suite {
  const made: { -readonly [K in keyof Suite]?: Suite[K] } = {};
  beforeAll(async () => {
    const gateway = await Gateway.start();
    const { origin } = gateway;
    const client = createSessionClient({
      endpoint: `${origin}/v1`,
      project: 'p',
      gateways: [origin],
      followAppState: false,
    });
    Object.assign(made, { gateway, fetch: client.fetch, get: (init?: FetchInit) => client.fetch('/path', init) });
  });
  afterAll(() => made.gateway?.stop());
  return made as Suite;
}

/** The names and values of a form, of whichever world. */
export function entriesOf(form: FormData): [string, unknown][] {
  const any = form as unknown as { entries?: () => Iterable<[string, unknown]>; _parts: [string, unknown][] };
  return any.entries ? [...any.entries()] : any._parts;
}
