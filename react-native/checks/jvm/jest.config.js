// The tests of the real Kotlin module; `./check` runs them. They are not among those of `npm test`, since they need `./build`.
const { transformIgnorePatterns } = require('@react-native/jest-preset/jest-preset');

module.exports = {
  preset: '@react-native/jest-preset',
  rootDir: '../..',
  roots: ['<rootDir>/checks/jvm/__tests__'],
  setupFiles: ['<rootDir>/checks/jvm/__tests__/support/modules.ts'],
  testMatch: ['**/*.test.tsx'],
  testTimeout: 60_000,
  // The mock's own package is what Node runs already.
  transformIgnorePatterns: [...transformIgnorePatterns, '/tests/mock-appwrite/packages/'],
};
