const { mockAppwrite } = require('mock-appwrite/jest');

const appwrite = mockAppwrite({ profile: '2.7' });

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
  expect((await appwrite.control('GET', '')).profile).toBe('2.7');
});

let early;
try {
  early = appwrite.endpoint;
} catch (error) {
  early = error.message;
}

test('before the tests there is no endpoint', () => {
  expect(early).toBe('the mock is started before the tests; use its endpoint in a test or in a hook');
});
