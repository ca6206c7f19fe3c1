import { afterAll, beforeAll, beforeEach } from 'vitest';

import { mockAppwriteWith } from './hooks.js';

export const mockAppwrite = (options) => mockAppwriteWith({ beforeAll, beforeEach, afterAll }, options);
