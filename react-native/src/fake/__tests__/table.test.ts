/** The fake's state machine against the table that the core's own test reads, so that the two cannot part. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { transition, type SessionEvent, type Snapshot } from '../client/state';

const HELD = 7;
const OTHER = 8;
const ada = { id: 'ada', name: 'Ada', email: undefined };
const known = { user: undefined, factors: undefined };

const snapshots: Record<string, Snapshot> = {
  restoring: { state: { kind: 'restoring' }, held: undefined },
  storage_locked: { state: { kind: 'storage_locked' }, held: undefined },
  signed_out: { state: { kind: 'signed_out', reason: 'no_session' }, held: undefined },
  mfa_required: { state: { kind: 'mfa_required', factors: ['totp'] }, held: HELD },
  signed_in: { state: { kind: 'signed_in', user: ada, verified: true }, held: HELD },
};

/** The rows of the core's table, and the event of the fake that stands for each. */
const events: Record<string, SessionEvent> = {
  'StoreFailed, locked': { is: 'StoreLocked' },
  'Read nothing': { is: 'StoreEmpty' },
  'Read what is lost': { is: 'StoreLost' },
  'StoreFailed, unavailable': { is: 'StoreUnavailable' },
  'Read a session': { is: 'Restored', epoch: HELD, ...known },
  'Conflict, a later sign-in elsewhere': { is: 'Adopted', epoch: OTHER, ...known },
  'SignInAnswered, stored, and Probed': { is: 'SignedIn', epoch: OTHER, verified: true, ...known },
  'Probed, alive': { is: 'Verified', epoch: HELD, user: ada },
  'Probed, a factor is missing': { is: 'FactorsRequired', epoch: HELD, factors: [] },
  'Probed, ended': { is: 'Ended', epoch: HELD },
  SignOut: { is: 'SignedOut' },
};

/** What the fake does without an event of its own: it has one process, and a store that answers at once. */
const without = [
  'StoreHangs',
  'SignInAnswered',
  'SignedOutEverywhere',
  'Probed, unknown',
  'FactorAccepted',
  'Conflict, a later sign-out elsewhere',
  'Conflict, an earlier sign-in elsewhere',
];

const page = readFileSync(join(__dirname, '../../../../core/src/session/README.md'), 'utf8');
const table = page.slice(page.indexOf('| event |'));
const all = table
  .slice(0, table.indexOf('\n\n'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
const rows = all.filter(([, event = '']) => !without.includes(event));

test('there is a row for each event', () => {
  expect(rows.map(([, event]) => event).sort()).toEqual(Object.keys(events).sort());
  expect(all.length).toBe(rows.length + without.length);
});

test.each(rows.map(([, event = '', ...cells]) => [event, cells] as const))(
  '%s leads where the table says',
  (name, cells) => {
    const event = events[name];
    if (!event) throw new Error(`the table names an unknown event ${name}`);
    Object.entries(snapshots).forEach(([kind, snapshot], column) => {
      // It cannot happen there; or only a second process leads to it, which the fake has none of.
      const elsewhere = name === 'Read a session' && column > 1;
      if (cells[column] === '·' || elsewhere) return;
      const next = transition(snapshot, event);
      if (cells[column] === '-') {
        expect(next.state.kind).toBe(kind);
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
  for (const event of [events['Probed, alive'], events['Probed, a factor is missing'], events['Probed, ended']]) {
    for (const snapshot of Object.values(snapshots)) {
      expect(transition(snapshot, { ...event, epoch: OTHER } as SessionEvent)).toBe(snapshot);
    }
  }
});

test('a store that could not be reached is read when it is back', () => {
  const waiting: Snapshot = { state: { kind: 'signed_out', reason: 'storage_unavailable' }, held: undefined };
  expect(transition(waiting, { is: 'Restored', epoch: HELD, ...known }).held).toBe(HELD);
});
