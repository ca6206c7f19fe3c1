/** What the app wrote, checked as the real module checks it, with the same texts. */

import type { NativeConfig } from '../../NativeAppwriteSession';
import { misconfigured } from './failure';

/** A gateway whose origin has been parsed. */
export interface AllowedGateway {
  origin: string;
  carrier: string;
}

/** What is left of a configuration when it was checked. */
export interface Checked {
  /** Without a trailing slash. */
  endpoint: string;
  project: string;
  slot: string;
  gateways: AllowedGateway[];
  totalMs: number;
  attempts: number;
}

/** Checks a configuration; fails with `config`. */
export function checked(config: NativeConfig): Checked {
  const { project } = config;
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
  const { totalTimeoutMs: totalMs = 60_000, attempts = 3 } = config;
  return { endpoint: endpoint.origin + path, project, slot, gateways, totalMs, attempts };
}

function gatewaysOf({ gateways, project }: NativeConfig): AllowedGateway[] {
  const allowed: AllowedGateway[] = [];
  for (const { url, carrier } of gateways) {
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

/** A URL that a credential may be sent to: https, or http on this machine. */
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
