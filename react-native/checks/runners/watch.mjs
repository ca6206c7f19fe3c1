// Runs an app's test file in watch mode, on a terminal: changes the file after each run, and sees that it runs again, in a world of its
// own, and that the runner's process keeps nothing of a run. Then it quits.
//
//   node watch.mjs jest|vitest       in the app's folder, which has app.test.ts and reporter.cjs

import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const RUNS = 5;
// An instance of the fake that is kept costs more: its module has more than a million bytes.
const LEAK = { bytes: 500_000, handles: 3 };
const LIMIT_MS = 120_000;

// In its own process a run would leave nothing: `detectOpenHandles` makes jest run the file in the process that watches.
// `waits` is what a runner says when it waits for changes and keys; what comes earlier is lost.
const runners = {
  jest: {
    command:
      'node_modules/jest/bin/jest.js --watchAll --detectOpenHandles --testTimeout 60000 app.test --reporters default --reporters ./reporter.cjs',
    waits: /Watch Usage/,
  },
  vitest: {
    command:
      'node_modules/vitest/vitest.mjs --watch --testTimeout 60000 app.test --reporter default --reporter ./reporter.cjs',
    waits: /(Waiting|Watching) for file changes/,
  },
};
const runner = runners[process.argv[2]];
const command = `${process.execPath} --expose-gc ${runner.command}`;
const terminal = spawn('script', ['-qefc', command, '/dev/null'], { env: { ...process.env, CI: '' } });
const limit = setTimeout(() => fail(`it takes longer than ${LIMIT_MS} ms`), LIMIT_MS);

let said = '';
let unread = '';
const seen = [];
terminal.stdout.setEncoding('utf8').on('data', (text) => {
  said += text;
  unread += text;
  const [line, report] = /watched (\{.*\})\r?\n/.exec(unread) ?? [];
  if (line === undefined) return;
  const after = unread.slice(unread.indexOf(line) + line.length);
  if (!runner.waits.test(after)) return;
  unread = '';
  judge(JSON.parse(report));
});
terminal.on('exit', (code) => {
  clearTimeout(limit);
  if (process.exitCode) return;
  if (seen.length < RUNS || code !== 0) fail(`it has ended with ${code} after ${seen.length} runs`);
  else console.log(`${RUNS} runs: ${seen.map(({ passed, bytes }) => `${passed} tests, ${bytes} bytes`).join('; ')}`);
});

function judge(report) {
  if (process.exitCode) return;
  seen.push(report);
  const [first] = seen;
  const { passed, total, bytes, handles } = report;
  const wanted = first.passed + seen.length - 1;
  if (passed !== total || passed === 0) fail(`${passed} tests of ${total} have passed in run ${seen.length}`);
  else if (passed !== wanted) fail(`run ${seen.length} has ${passed} tests, and not ${wanted}: the change is not seen`);
  else if (bytes > first.bytes + LEAK.bytes)
    fail(`run ${seen.length} keeps ${bytes} bytes, and the first ${first.bytes}`);
  else if (handles > first.handles + LEAK.handles)
    fail(`run ${seen.length} keeps ${handles} handles, and the first ${first.handles}`);
  else if (seen.length < RUNS)
    appendFileSync('app.test.ts', `\ntest('added after run ${seen.length}', () => undefined);\n`);
  else terminal.stdin.write('q');
}

function fail(why) {
  console.error(`${said}\nnot ok: in watch mode, ${why}`);
  process.exitCode = 1;
  terminal.kill();
}
