/**
 * The scenario agent's side of the conductor's protocol: a line of JSON in, a line of JSON out, commands at the same time. See
 * `tests/scenarios/README.md`.
 */

import { createInterface } from 'node:readline';

/** A command of the conductor. */
export type Command = { id: number; do: string } & Readonly<Record<string, unknown>>;

/** What became of a command. */
export type Answer = { ok: unknown } | { error: unknown } | { cancelled: true } | { unknown: string };

/** Carries out one command. `signal` is aborted when the conductor cancels it. It does not fail. */
export type CarryOut = (command: Command, signal: AbortSignal) => Promise<Answer>;

/** Listens until the end of the input, and until every command is answered. */
export async function listen(carryOut: CarryOut): Promise<void> {
  const running = new Map<number, AbortController>();
  const tell = (id: number, answer: Answer) => process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`);

  const begin = async (command: Command) => {
    const controller = new AbortController();
    running.set(command.id, controller);
    const answer = await carryOut(command, controller.signal);
    running.delete(command.id);
    tell(command.id, answer);
  };

  const begun: Promise<void>[] = [];
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const command = JSON.parse(line) as Command;
    if (command.do === 'cancel') {
      running.get(Number(command.command))?.abort();
      tell(command.id, { ok: null });
    } else {
      begun.push(begin(command));
    }
  }
  await Promise.all(begun);
}
