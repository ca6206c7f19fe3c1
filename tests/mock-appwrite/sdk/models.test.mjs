// That the comparison with the SDK's models can find something.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deviations } from './models.mjs';
import { fieldsOf, modelsOf, PROFILES } from './sdk.mjs';

test('an answer that is not as declared is named', () => {
  const jwt = { jwt: 'x' };
  assert.deepEqual(deviations('2.7', 'Jwt', jwt), []);
  assert.deepEqual(deviations('2.7', 'Jwt', {}), ['Jwt has no jwt']);
  assert.deepEqual(deviations('2.7', 'Jwt', { ...jwt, more: 1 }), ['Jwt has more as well']);
  assert.deepEqual(deviations('2.7', 'Jwt', null), ['Jwt is no object']);
  const list = deviations('2.7', 'SessionList', { total: 1, sessions: [{}] });
  assert.ok(list.includes('SessionList.sessions[0] has no $id'), String(list));
});

test('models are read from the declarations of every SDK', () => {
  for (const profile of PROFILES) {
    assert.ok(fieldsOf(profile, 'Session').length >= 29, profile);
    assert.ok(fieldsOf(profile, 'User').length >= 18, profile);
    assert.equal(modelsOf(profile, 'Account').get('createEmailPasswordSession'), 'Session');
    assert.ok(modelsOf(profile, 'Teams').size >= 9, profile);
  }
});
