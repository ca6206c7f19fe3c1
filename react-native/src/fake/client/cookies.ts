/** The gateways' own cookies, such as those of a load balancer: one jar for each origin, without session cookies. */

import { isSessionCookie } from '../world/credential';
import type { Header } from '../world/http';

interface Kept {
  name: string;
  value: string;
  path: string;
}

/** The jars of all origins. */
export class CookieJars {
  private readonly jars = new Map<string, Kept[]>();

  /** Keeps the cookies that an answer sets. */
  keep(url: URL, headers: readonly Header[]): void {
    for (const { name, value } of headers) {
      if (name.toLowerCase() === 'set-cookie' && !isSessionCookie(value)) {
        this.set(url, value);
      }
    }
  }

  /** The cookies for a request. */
  cookies(url: URL): [name: string, value: string][] {
    const jar = this.jars.get(url.origin) ?? [];
    return jar.filter(({ path }) => url.pathname.startsWith(path)).map(({ name, value }) => [name, value]);
  }

  /** Forgets everything. */
  clear(): void {
    this.jars.clear();
  }

  private set(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const attribute = (wanted: string) =>
      attributes.find((each) => each.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const name = pair.slice(0, at);
    const path = attribute('path') ?? url.pathname.replace(/\/[^/]*$/, '/');
    const others = (this.jars.get(url.origin) ?? []).filter((kept) => kept.name !== name || kept.path !== path);
    const isGone = Number(attribute('max-age') ?? 1) <= 0;
    this.jars.set(url.origin, isGone || at < 1 ? others : [...others, { name, value: pair.slice(at + 1), path }]);
  }
}
