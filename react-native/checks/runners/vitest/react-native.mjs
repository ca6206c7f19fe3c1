// What the package uses of React Native, whose sources vitest cannot read.
export const NativeModules = {};
export const TurboModuleRegistry = { getEnforcing: (name) => NativeModules[name] };
export const AppState = { currentState: 'active', addEventListener: () => ({ remove() {} }) };
