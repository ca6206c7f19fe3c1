/**
 * Owns the JVM of the harness, on a thread of its own, so that JavaScript's can wait for a synchronous answer. Lines go in as they
 * come; an `answer` goes to the port that the other side waits at, everything else to its event loop.
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';

/** What the other side gives along: the JVM's arguments, where it waits for answers, and the bell that wakes it. */
export type Wiring = { args: string[]; answers: MessagePort; bell: Int32Array };

const { args, answers, bell } = workerData as Wiring;
const parent = parentPort!;
const jvm = spawn('java', args, { stdio: ['pipe', 'pipe', 'inherit'] });

function answer(message: unknown): void {
  answers.postMessage(message);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

createInterface({ input: jvm.stdout }).on('line', (line) => {
  const message = JSON.parse(line) as object;
  if ('answer' in message) answer(message);
  else parent.postMessage(message);
});
parent.on('message', (line: string | null) => {
  // Without more input the harness ends by itself.
  if (line === null) jvm.stdin.end();
  else jvm.stdin.write(`${line}\n`);
});
jvm.stdin.on('error', () => undefined);
jvm.on('error', (error) => answer({ died: error.message }));
jvm.on('close', (code) => {
  answer({ died: `the JVM ended with ${code}` });
  parent.postMessage({ died: code });
  parent.close();
});
