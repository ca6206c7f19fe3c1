module.exports = {
  preset: '@react-native/jest-preset',
  // The package's own mock in place of the native module.
  setupFiles: ['react-native-appwrite-session/jest'],
  // React Native's preset leaves packages as they are, but for its own; this one is written in ES modules.
  transformIgnorePatterns: ['node_modules/(?!(@react-native|react-native|react-native-appwrite-session)/)'],
  // The first test waits until React Native is compiled.
  testTimeout: 60_000,
};
