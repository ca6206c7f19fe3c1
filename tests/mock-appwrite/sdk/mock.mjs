// Starts a mock, and speaks to its controls.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const PROGRAM = process.env.MOCK_APPWRITE ?? new URL('../../../target/debug/mock-appwrite', import.meta.url).pathname;

/** A running mock of that profile. It ends with `close`. */
export async function startMock(profile) {
  const child = spawn(PROGRAM, ['serve', '--profile', profile, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const described = await new Promise((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line)));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the mock ended with ${code}`)));
  });
  const control = async (method, path, body) => {
    const answer = await fetch(`${described.url}/_mock${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  return {
    ...described,
    control,
    /** The last message that was sent to that user, as the user reads it. */
    message: async (userId) => (await control('GET', '/messages')).filter((each) => each.userId === userId).at(-1),
    close: () => child.kill(),
  };
}
