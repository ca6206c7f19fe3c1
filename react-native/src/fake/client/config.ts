/** Checks the configuration as the real module does, with the same messages. */

import type { NativeConfig } from '../../NativeAppwriteSession';
import { misconfigured } from './failure';

/** A gateway whose origin has been parsed. */
export interface AllowedGateway {
  origin: string;
  carrier: string;
}

/** A configuration that was checked. */
export interface Checked {
  /** Without a trailing slash. */
  endpoint: string;
  project: string;
  slot: string;
  gateways: AllowedGateway[];
  totalMs: number;
  attempts: number;
  responseLimit: number;
}

/** Checks a configuration; fails with `config`. */
export function checked(config: NativeConfig): Checked {
  const { project, presence } = config;
  oneOf('persistence', config.persistence, ['durable', 'memory_only']);
  if (presence) {
    oneOf('presence.policy', presence.policy, ['default', 'always', 'session', 'lifecycle']);
    if (presence.title === '' || presence.cancel === '') {
      throw misconfigured('presence needs a title and a label for the cancel button, which the dialog shows');
    }
  }
  const endpoint = secureUrl(config.endpoint, 'endpoint', 'https://fra.cloud.appwrite.io/v1');
  const path = endpoint.pathname.replace(/\/+$/, '');
  if (!path.endsWith('/v1') || endpoint.search !== '' || endpoint.hash !== '') {
    throw misconfigured(
      'the endpoint must end in /v1, with nothing after it; write it as https://fra.cloud.appwrite.io/v1',
    );
  }
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,35}$/.test(project)) {
    throw misconfigured(
      "the project id is malformed; copy it from the project's settings (letters, digits, '.', '_' and '-', at most 36, " +
        'beginning with a letter or digit)',
    );
  }
  const slot = config.accountSlot ?? 'default';
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(slot)) {
    throw misconfigured(
      "the account slot is malformed; use up to 64 letters, digits, '-' and '_', for example \"work\"",
    );
  }
  const gateways = gatewaysOf(config);
  if ([config.connectTimeoutMs, config.idleTimeoutMs, config.totalTimeoutMs].includes(0)) {
    throw misconfigured('a timeout must be longer than zero; leave it out for the default');
  }
  if (config.rootCertificates.some((pem) => !pem.includes('-----BEGIN CERTIFICATE-----'))) {
    throw misconfigured('the root certificate is not PEM; give the text between and including the BEGIN and END lines');
  }
  const { totalTimeoutMs: totalMs = 60_000, attempts = 3, responseLimit = 16 * 1024 * 1024 } = config;
  return { endpoint: endpoint.origin + path, project, slot, gateways, totalMs, attempts, responseLimit };
}

/** Checks a name; fails with `config`. */
export function oneOf(what: string, name: string, names: readonly string[]): void {
  if (!names.includes(name)) throw misconfigured(`${what} must be one of: ${names.join(', ')}`);
}

/** Checks an id of Appwrite that becomes part of a request; fails with `config`. */
export function checkId(what: 'session' | 'user' | 'challenge', id: string): void {
  if (/^[A-Za-z0-9._-]{1,36}$/.test(id) && !/^\.+$/.test(id)) return;
  throw misconfigured(
    `the ${what} id is malformed; pass it as Appwrite gave it (letters, digits, '.', '_' and '-', at most 36, not dots alone)`,
  );
}

function gatewaysOf({ gateways, project }: NativeConfig): AllowedGateway[] {
  const allowed: AllowedGateway[] = [];
  for (const { url, carrier } of gateways) {
    oneOf('carrier', carrier, ['cookie', 'fallback_cookies', 'session_header']);
    const { origin, pathname, search, hash } = secureUrl(url, 'gateway', 'https://api.example.com');
    if (pathname !== '/' || search !== '' || hash !== '') {
      throw misconfigured(
        `a gateway is an origin without path or query; write ${origin} and put the path into the call`,
      );
    }
    if (carrier === 'cookie' && /[A-Z.]/.test(project)) {
      throw misconfigured(
        'Appwrite cannot match a cookie for a project id with capitals or dots; give the gateway the carrier for fallback ' +
          'cookies, or the one for the session header',
      );
    }
    if (allowed.some((other) => other.origin === origin)) {
      throw misconfigured(`the gateway ${origin} is configured twice; keep one`);
    }
    allowed.push({ origin, carrier });
  }
  return allowed;
}

/** A URL to which a credential may be sent: https, or http on this machine. */
function secureUrl(text: string, what: string, example: string): URL {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw misconfigured(`the ${what} is not a URL; write it as ${example}`);
  }
  if (url.host === '') {
    throw misconfigured(`the ${what} is not a URL; write it as ${example}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw misconfigured(`the ${what} must not hold a user name or password; sign in through the client instead`);
  }
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    const origin = url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin;
    throw misconfigured(
      `the ${what} must begin with https:// (http:// only for localhost, 127.0.0.1 and [::1]): ${origin}`,
    );
  }
  return url;
}
