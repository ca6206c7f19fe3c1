/** States: their names are the core's, and each is what the native side said. */

import { factors, signedOutReasons, stateKinds, toChange } from '../state';
import { namesInCore, readme, table } from './support/repository';

const base = { client: 1, number: 7, factors: [], verified: false, persistence: 'durable' };

test('states, reasons and factors have the names of the core, and lines in the README', () => {
  const kinds = Object.keys(stateKinds);
  expect(kinds).toEqual(namesInCore('core/src/session/state.rs', 'SessionState'));
  expect(kinds).toEqual(table(readme, '## States'));
  expect([...signedOutReasons]).toEqual(namesInCore('core/src/session/state.rs', 'SignedOutReason'));
  expect([...signedOutReasons]).toEqual(table(readme, '## States', 1));
  expect([...factors]).toEqual(namesInCore('core/src/model.rs', 'Factor'));
});

test('each state is told by its kind', () => {
  const state = (more: object) => toChange({ ...base, kind: 'restoring', ...more }).state;
  expect(state({})).toEqual({ kind: 'restoring' });
  expect(state({ kind: 'storage_locked' })).toEqual({ kind: 'storageLocked' });
  expect(state({ kind: 'signed_out', reason: 'storage_lost' })).toEqual({ kind: 'signedOut', reason: 'storage_lost' });
  expect(state({ kind: 'mfa_required', factors: ['totp'] })).toEqual({ kind: 'mfaRequired', factors: ['totp'] });
  expect(
    state({ kind: 'signed_in', userId: 'u1', userName: 'Ada', userEmail: 'ada@example.com', verified: true }),
  ).toEqual({
    kind: 'signedIn',
    user: { id: 'u1', name: 'Ada', email: 'ada@example.com' },
    verified: true,
  });
});

test('a user without an address has none, and an unknown user is null', () => {
  const user = (more: object) => toChange({ ...base, kind: 'signed_in', ...more }).state;
  expect(user({ userId: 'u1', userName: '' })).toMatchObject({ user: { id: 'u1', name: '', email: null } });
  expect(user({ userId: null, userName: null, userEmail: null })).toMatchObject({ user: null });
  expect(user({})).toMatchObject({ user: null });
});

test('a state of tomorrow is taken for nobody being signed in', () => {
  expect(toChange({ ...base, kind: 'of_tomorrow' }).state).toEqual({ kind: 'signedOut', reason: 'no_session' });
});

test('a change keeps its number and persistence, and cannot be written to', () => {
  const change = toChange({ ...base, kind: 'signed_in', userId: 'u1', persistence: 'memory_only' });
  expect(change).toMatchObject({ number: 7, persistence: 'memory_only' });
  expect(Object.isFrozen(change) && Object.isFrozen(change.state)).toBe(true);
});
