import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startMockAppwrite } from 'mock-appwrite';
import { mockAppwrite } from 'mock-appwrite/node-test';

const appwrite = mockAppwrite({ profile: '1.5' });

test('the gateway knows who calls', async () => {
  const { userId } = await appwrite.control('POST', '/users', { email: 'ada@example.com', password: 'correct horse' });
  const { credential } = await appwrite.control('POST', `/users/${userId}/sessions`);
  const answer = await fetch(`${appwrite.gateway}/gateway/whoami`, {
    headers: { cookie: `a_session_${appwrite.project}=${credential}` },
  });
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), new RegExp(userId));
});

test('the next test finds a mock without users', async () => {
  assert.deepEqual(await appwrite.control('GET', '/users'), []);
});

test('a control that is refused says so', async () => {
  await assert.rejects(appwrite.control('POST', '/nothing', {}), /answered 400 to POST .*\/_mock\/nothing: .*no such control/);
});

test('a mock is used by its URL, and is still there afterwards', async () => {
  process.env.MOCK_APPWRITE_URL = appwrite.url;
  try {
    const same = await startMockAppwrite({ profile: '1.5' });
    await same.close();
    assert.deepEqual([same.endpoint, same.gateway], [appwrite.endpoint, appwrite.gateway]);
    await assert.rejects(startMockAppwrite({ program: '/no/such/program' }), /cannot be started/);
    await assert.rejects(startMockAppwrite({ profile: '2.7' }), /has the profile 1.5, and the test asks for 2.7/);
    for (const url of [new URL(appwrite.url).host, 'http://127.0.0.1:1']) {
      process.env.MOCK_APPWRITE_URL = url;
      await assert.rejects(startMockAppwrite(), new RegExp(`no mock at MOCK_APPWRITE_URL, which is ${url} `));
    }
  } finally {
    delete process.env.MOCK_APPWRITE_URL;
  }
  await appwrite.control('GET', '');
});

test('a closed mock has ended', async () => {
  const appwrite = await startMockAppwrite();
  await appwrite.control('POST', '/users', { email: 'ada@example.com', password: 'correct horse' });
  await appwrite.close();
  assert.equal(appwrite.profile, '1.9');
  await assert.rejects(fetch(appwrite.endpoint));
});

test('a mock that nobody closes lets the process end', { timeout: 30_000 }, async () => {
  await startMockAppwrite();
});

test('what hinders the start is said', async () => {
  await assert.rejects(startMockAppwrite({ program: '/no/such/program' }), /\/no\/such\/program cannot be started: .*ENOENT/);
  await assert.rejects(startMockAppwrite({ profile: '3' }), /serve --while-stdin-is-open --profile 3 ended with status 2/);
});
