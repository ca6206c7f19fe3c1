// The SDKs, each as the newest of its server's line, and what their type declarations say.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { WebSocket } from 'ws';

const require = createRequire(import.meta.url);

export const PROFILES = ['1.5', '1.9', '2.7'];

const web = (profile) => `appwrite-${profile}`;
const folder = (name) => dirname(require.resolve(`${name}/package.json`));

/**
 * Opens the web SDK. It keeps its session where a browser does, in `localStorage`: Appwrite hands the cookie out as a header, too, to an
 * origin that it does not trust with cookies.
 */
export function openWeb(profile, mock) {
  const stored = new Map();
  globalThis.window = {
    console: { warn: () => undefined },
    localStorage: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) },
    location: { href: '' },
    setTimeout,
    clearTimeout,
    setInterval: (...given) => setInterval(...given).unref(),
    clearInterval,
  };
  // A browser sends its cookies with a socket, too.
  globalThis.WebSocket = class extends WebSocket {
    constructor(url) {
      const cookies = Object.entries(JSON.parse(stored.get('cookieFallback') ?? '{}')).map(([name, value]) => `${name}=${value}`);
      super(url, { headers: { cookie: cookies.join('; ') } });
    }
  };
  const sdk = require(web(profile));
  const client = new sdk.Client().setEndpoint(mock.endpoint).setProject(mock.project);
  return {
    sdk,
    client,
    account: new sdk.Account(client),
    teams: new sdk.Teams(client),
    /** Where the browser was sent. */
    location: () => globalThis.window.location.href,
    forget: () => stored.clear(),
  };
}

/** Opens the server SDK with an API key. */
export function openServer(profile, mock) {
  const sdk = require(`node-appwrite-${profile}`);
  const client = new sdk.Client().setEndpoint(mock.endpoint).setProject(mock.project).setKey(mock.apiKey);
  return { sdk, users: new sdk.Users(client), account: new sdk.Account(client) };
}

/** What each method of a service of the web SDK sends: `{method, path, params}` by the method's name. */
export function requestsOf(profile, service) {
  const source = readFileSync(join(folder(web(profile)), 'dist/cjs/sdk.js'), 'utf8');
  const begin = source.indexOf(`class ${service} `);
  const end = source.indexOf('\nclass ', begin + 1);
  const body = source.slice(begin, end < 0 ? undefined : end);
  const requests = new Map();
  // Methods are indented by four; `__awaiter` wraps the bodies of older versions.
  for (const part of body.split(/\n    (?=[a-zA-Z0-9]+\()/).slice(1)) {
    const path = /const apiPath = '([^']*)'/.exec(part)?.[1];
    const method = /client\.call\('([a-z]+)'/.exec(part)?.[1] ?? (path?.includes('/oauth2/') ? 'get' : undefined);
    if (path === undefined || method === undefined) continue;
    const params = [...part.matchAll(/payload\['([A-Za-z0-9]+)'\] = (?!this\.)/g)].map((match) => match[1]);
    requests.set(part.slice(0, part.indexOf('(')), { method: method.toUpperCase(), path, params: [...new Set(params)] });
  }
  return requests;
}

/** The model that each method of a service answers with, by the method's name. */
export function modelsOf(profile, service) {
  const file = { Account: 'account', Teams: 'teams' }[service];
  const source = readFileSync(join(folder(web(profile)), `types/services/${file}.d.ts`), 'utf8');
  const models = new Map();
  for (const match of source.matchAll(/^    (\w+)(?:<[^(]*>)?\([^)]*(?:\{[^}]*\}[^)]*)?\): Promise<Models\.(\w+)/gm)) {
    models.set(match[1], match[2]);
  }
  return models;
}

/** The fields of a model: their names, and whether they may be missing. */
export function fieldsOf(profile, model) {
  const source = readFileSync(join(folder(web(profile)), 'types/models.d.ts'), 'utf8');
  const begin = source.search(new RegExp(`\\btype ${model}\\b[\\s\\S]*?= \\{`));
  if (begin < 0) throw new Error(`the SDK for ${profile} has no model ${model}`);
  const body = source.slice(begin, source.indexOf('\n    };', begin));
  return [...body.matchAll(/^        ([$\w]+)(\??): ([^;]+);/gm)].map(([, name, optional, type]) => ({
    name,
    isOptional: optional === '?',
    // A list of another model.
    of: /^([A-Z]\w+)(?:<.*>)?\[\]$/.exec(type)?.[1],
  }));
}
