'use strict';

const { startMockAppwrite } = require('./index.js');

const MEMBERS = ['profile', 'endpoint', 'project', 'gateway', 'foreign', 'url', 'apiKey', 'devKey', 'control', 'reset'];

/** Starts a mock before the tests of a file or a group, resets it before each, and ends it after them. */
exports.mockAppwriteWith = function mockAppwriteWith({ beforeAll, beforeEach, afterAll }, options) {
  let running;
  beforeAll(async () => {
    running = await startMockAppwrite(options);
  });
  beforeEach(() => running.reset());
  afterAll(() => running?.close());
  const mock = {};
  for (const name of MEMBERS)
    Object.defineProperty(mock, name, {
      enumerable: true,
      get() {
        if (!running) throw new Error(`the mock is started before the tests; use its ${name} in a test or in a hook`);
        return running[name];
      },
    });
  return mock;
};
