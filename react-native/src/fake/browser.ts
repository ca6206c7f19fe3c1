/** The user's browser, for sign-ins by OAuth2. */

import type { Core } from './core';

/** The user's browser. */
export class FakeBrowser {
  /** @internal */
  constructor(private readonly core: Core) {}

  /**
   * Opens the URL of `beginOAuth2`, as the system's browser would. The user goes through with the sign-in at the provider, unless `decline`
   * is `true`. Whichever provider it is, it knows one person: `useroauth@localhost.test`.
   *
   * @returns the URL that opens the app, for `completeOAuth2`.
   * @throws Error that says on which status of Appwrite the browser stays.
   */
  async open(url: string, { decline = false }: { decline?: boolean } = {}): Promise<string> {
    return (await this.core.call('browse', { url, declines: decline })) as string;
  }
}
