// Starts a mock with the npm package's own helper.

import { startMockAppwrite } from '../packages/npm/index.js';

/** A running mock of that profile. It ends with `close`. */
export async function startMock(profile) {
  const mock = await startMockAppwrite({ profile });
  return {
    ...mock,
    /** The last message that was sent to that user, as the user reads it. */
    message: async (userId) => (await mock.control('GET', '/messages')).filter((each) => each.userId === userId).at(-1),
  };
}
