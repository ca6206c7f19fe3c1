/** The fake's state machine against the table that the core's own test reads, so that the two cannot part. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { transition, type SessionEvent, type Standing } from '../client/state';

const HELD = 7;
const OTHER = 8;
const ada = { id: 'ada', name: 'Ada', email: undefined };
const known = { user: undefined, factors: undefined };

const standings: Record<string, Standing> = {
  restoring: { state: { kind: 'restoring' }, held: undefined },
  storage_locked: { state: { kind: 'storage_locked' }, held: undefined },
  signed_out: { state: { kind: 'signed_out', reason: 'no_session' }, held: undefined },
  mfa_required: { state: { kind: 'mfa_required', factors: ['totp'] }, held: HELD },
  signed_in: { state: { kind: 'signed_in', user: ada, verified: true }, held: HELD },
};

const events: Record<string, SessionEvent> = {
  StoreLocked: { is: 'StoreLocked' },
  StoreEmpty: { is: 'StoreEmpty' },
  StoreLost: { is: 'StoreLost' },
  StoreUnavailable: { is: 'StoreUnavailable' },
  Restored: { is: 'Restored', epoch: HELD, ...known },
  Adopted: { is: 'Adopted', epoch: OTHER, ...known },
  SignedIn: { is: 'SignedIn', epoch: OTHER, verified: true, ...known },
  Verified: { is: 'Verified', epoch: HELD, user: ada },
  FactorsRequired: { is: 'FactorsRequired', epoch: HELD, factors: [] },
  Ended: { is: 'Ended', epoch: HELD },
  SignedOut: { is: 'SignedOut' },
};

const page = readFileSync(join(__dirname, '../../../../core/src/session/README.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

test('there is a row for each event', () => {
  expect(rows.map(([, event]) => event)).toEqual(Object.keys(events));
});

test.each(rows.map(([, event = '', ...cells]) => [event, cells] as const))(
  '%s leads where the table says',
  (name, cells) => {
    const event = events[name];
    if (!event) throw new Error(`the table names an unknown event ${name}`);
    Object.entries(standings).forEach(([kind, standing], column) => {
      const next = transition(standing, event);
      if (cells[column] === '-') {
        expect(next).toEqual(standing);
      } else {
        expect(next.state.kind).toBe(cells[column]);
      }
      expect(`${kind}: ${next.held !== undefined}`).toBe(
        `${kind}: ${['mfa_required', 'signed_in'].includes(next.state.kind)}`,
      );
    });
  },
);

test('what is learned about another credential changes nothing', () => {
  for (const event of [events.Verified, events.FactorsRequired, events.Ended]) {
    for (const standing of Object.values(standings)) {
      expect(transition(standing, { ...event, epoch: OTHER } as SessionEvent)).toBe(standing);
    }
  }
});

test('a store that could not be reached is read when it is back', () => {
  const waiting: Standing = { state: { kind: 'signed_out', reason: 'storage_unavailable' }, held: undefined };
  expect(transition(waiting, { is: 'Restored', epoch: HELD, ...known }).held).toBe(HELD);
});
