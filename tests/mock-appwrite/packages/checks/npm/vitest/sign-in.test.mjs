import { expect, test } from 'vitest';

import { mockAppwrite } from 'mock-appwrite/vitest';

const appwrite = mockAppwrite({ profile: '1.9' });

test('Ada signs in', async () => {
  await appwrite.control('POST', '/users', { email: 'ada@example.com', password: 'correct horse' });
  const answer = await fetch(`${appwrite.endpoint}/account/sessions/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-appwrite-project': appwrite.project },
    body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse' }),
  });
  expect(answer.status).toBe(201);
});

test('the next test finds a mock without users', async () => {
  expect(await appwrite.control('GET', '/users')).toEqual([]);
});
