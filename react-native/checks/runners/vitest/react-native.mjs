// What the package uses of React Native, whose sources vitest cannot read.
export const NativeModules = {};
export const TurboModuleRegistry = { getEnforcing: (name) => NativeModules[name] };
export const Linking = {
  addEventListener: () => ({ remove() {} }),
  getInitialURL: async () => null,
  openURL: async () => {},
};
export const AppState = { currentState: 'active', addEventListener: () => ({ remove() {} }) };
