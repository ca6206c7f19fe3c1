/** The operations of the accounts, by the functions of the TypeScript API. */

import type { Accounts, SessionClient } from '../../src';
import { outcome } from './operations';

type Observe = (client: SessionClient) => void;
type Operation = (accounts: Accounts, args: readonly string[], observe: Observe) => Promise<unknown>;

const idOf = async (client: Promise<SessionClient>, observe: Observe) => {
  observe(await client);
  return (await client).accountSlot;
};
const nothing = async (done: Promise<void>) => {
  await done;
  return null;
};

const OPERATIONS: Readonly<Record<string, Operation>> = {
  list: (accounts) => accounts.list(),
  current: (accounts, _, observe) => idOf(accounts.current(), observe),
  client: (accounts, [id], observe) => idOf(accounts.client(id!), observe),
  add: (accounts, _, observe) => idOf(accounts.add(), observe),
  switchTo: (accounts, [id], observe) => idOf(accounts.switchTo(id!), observe),
  completeOAuth2: async (accounts, [url], observe) => {
    const completed = await accounts.completeOAuth2(url!);
    observe(completed.client);
    return { id: completed.client.accountSlot, outcome: outcome(completed.outcome) };
  },
  signOut: (accounts, [id]) => nothing(accounts.signOut(id!)),
  signOutOfAll: (accounts) => nothing(accounts.signOutOfAll()),
};

/** The names of all operations, sorted. */
export const accountOperations = Object.keys(OPERATIONS).sort();

/** Performs the operation of that name by the API. `undefined` if there is none. `observe` gets the client that it gives. */
export async function performOfAccounts(
  accounts: Accounts,
  name: string,
  args: readonly unknown[],
  observe: Observe,
): Promise<{ ok: unknown } | undefined> {
  const operation = OPERATIONS[name];
  return operation && { ok: await operation(accounts, args as string[], observe) };
}
