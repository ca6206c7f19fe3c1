/** The world of the web: the classes that Node has. Only the native module is replaced. */

jest.mock('../../src/NativeAppwriteSession', () => ({
  __esModule: true,
  default: jest.requireActual<typeof import('../support/native')>('../support/native').native,
}));
