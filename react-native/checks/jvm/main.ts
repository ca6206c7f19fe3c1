/** The scenario agent over the real Kotlin module: the package's TypeScript, Kotlin on a JVM, JNA, Rust, and HTTP to the mock. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { Jvm } from './jvm';

const folder = mkdtempSync(join(tmpdir(), 'files-'));
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

const jvm = new Jvm(join(__dirname, '../../..'));
const { native } = jvm.load();
Object.assign(globalThis, { __turboModuleProxy: (name: string) => (name === 'AppwriteSession' ? native : null) });

async function play(): Promise<void> {
  // The face takes its module when it is loaded.
  const { Commands } = await import('../agent/commands');
  const { listen } = await import('../agent/protocol');
  const commands = new Commands({
    prepare: (store, installation) => jvm.prepare(store, installation),
    setFault: (store, fault) => jvm.setFault(store, fault),
    setPresent: (present) => jvm.setPresent(present),
    asked: () => jvm.asked(),
    writeFile(name, bytes) {
      writeFileSync(join(folder, name), bytes);
    },
    uriOf: (name) => pathToFileURL(join(folder, name)).href,
    async http(method, url, headers) {
      const answer = await fetch(url, { method, headers, redirect: 'manual' });
      return { status: answer.status, text: await answer.text() };
    },
  });
  await listen((command, signal) => commands.carryOut(command, signal));
  await jvm.end();
}

play().then(
  () => process.exit(0),
  (failed) => {
    console.error(failed);
    process.exit(1);
  },
);
