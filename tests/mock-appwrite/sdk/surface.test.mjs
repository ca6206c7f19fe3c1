// Asks the mock for every route that the SDK can call. One that it does not have is in `not-covered.json`, with the reason.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { startMock } from './mock.mjs';
import { PROFILES, requestsOf } from './sdk.mjs';

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
        const listed = Object.keys(notCovered[profile] ?? {}).filter((route) => route.includes(` /${service.toLowerCase()}`));
        assert.deepEqual([...new Set(missing)].sort(), listed.sort());
      });
    }
  });
}
