// Asks the mock for every route that the SDK can call. One that it does not have is in `not-covered.json`, with the reason.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { startMock } from './mock.mjs';
import { PROFILES, requestsOf } from './sdk.mjs';

/** The parameters of each route of the list that the mock's own tests hold it against. */
const listed = new Map(
  readFileSync(new URL('../tests/routes/client-2.4.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => line.split('|').map((part) => part.trim()))
    .map(([route, , , params]) => [
      route.replace(/:\w+/g, '{}'),
      params.split(' ').filter(Boolean).map((param) => param.replace(/[?@].*/, '')),
    ]),
);

const notCovered = JSON.parse(readFileSync(new URL('./not-covered.json', import.meta.url), 'utf8'));

for (const profile of PROFILES) {
  describe(`the routes of Appwrite ${profile}`, () => {
    let mock;
    before(async () => {
      mock = await startMock(profile);
    });
    after(() => mock.close());

    for (const service of ['Account', 'Teams']) {
      test(service, async () => {
        const requests = requestsOf(profile, service);
        assert.ok(requests.size >= 13, `only ${requests.size} routes were read from the SDK`);
        const missing = [];
        for (const { method, path } of requests.values()) {
          const answer = await fetch(mock.endpoint + path.replace(/\{\w+\}/g, 'x'), {
            method,
            redirect: 'manual',
            headers: { 'x-appwrite-project': mock.project },
          });
          const text = await answer.text();
          if (answer.status === 404 && text.includes('general_route_not_found')) missing.push(`${method} ${path}`);
        }
        const excused = Object.keys(notCovered[profile] ?? {}).filter((route) => route.includes(` /${service.toLowerCase()}`));
        assert.deepEqual([...new Set(missing)].sort(), excused.sort());
      });
    }
  });
}

test('the parameters of the newest SDK are those of the list that the mock is held against', () => {
  const unknown = [];
  for (const service of ['Account', 'Teams']) {
    for (const { method, path, params } of requestsOf('2.7', service).values()) {
      const route = `${method} ${path.replace(/\{\w+\}/g, '{}')}`;
      if (Object.hasOwn(notCovered['2.7'] ?? {}, `${method} ${path}`)) continue;
      const known = listed.get(route);
      // A browser is sent to OAuth2's routes with the project, which is a header elsewhere.
      const missing = known === undefined ? ['the route'] : params.filter((param) => !known.includes(param) && param !== 'project');
      unknown.push(...missing.map((what) => `${route}: ${what}`));
    }
  }
  assert.deepEqual(unknown, []);
});
