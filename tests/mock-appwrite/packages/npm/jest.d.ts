import type { MockAppwrite, Options } from './index.js';

/**
 * Starts a mock before the tests of this file or `describe`, resets it before each of them, and ends it after them. What it returns
 * can be used in tests and hooks.
 */
export function mockAppwrite(options?: Options): Omit<MockAppwrite, 'close'>;
