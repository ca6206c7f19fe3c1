// A reporter for jest and vitest: after each run of watch mode, a line with the number of tests, and with what there is in the runner's
// process, whose handles are counted without those that watch files. Needs `node --expose-gc`.
module.exports = class {
  // jest's.
  async onRunComplete(_, { numPassedTests, numTotalTests, numRuntimeErrorTestSuites }) {
    await say(numPassedTests, numTotalTests + numRuntimeErrorTestSuites);
  }

  // vitest's.
  async onTestRunEnd(files, errors) {
    const tests = files.flatMap((file) => [...file.children.allTests()]);
    const failed = files.filter((file) => file.state() === 'failed').length + errors.length;
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    await say(passed, Math.max(tests.length, passed + failed));
  }
};

async function say(passed, total) {
  // A few turns, so that what the tests have left can be freed.
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise(setImmediate);
    globalThis.gc();
  }
  const { external, arrayBuffers } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().filter((kind) => kind !== 'FSEventWrap').length;
  process.stdout.write(`\nwatched ${JSON.stringify({ passed, total, bytes: external + arrayBuffers, handles })}\n`);
}
