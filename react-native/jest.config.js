// The tests beside the sources, and the fetch suite over the classes of the web and over those of React Native.
const shared = { preset: '@react-native/jest-preset' };

const conformance = (world) => ({
  ...shared,
  displayName: `fetch suite, ${world}`,
  roots: ['<rootDir>/conformance'],
  testMatch: ['**/*.test.ts'],
  globals: { WORLD: world },
  setupFiles: [`<rootDir>/conformance/worlds/${world}.ts`],
});

module.exports = {
  projects: [
    { ...shared, displayName: 'unit', roots: ['<rootDir>/src'], testMatch: ['**/*.test.{ts,tsx}'] },
    conformance('web'),
    conformance('react-native'),
  ],
};
