/**
 * A stand-in for 'react-native' where an agent runs in plain Node: as much of it as the package's TypeScript uses. The module under
 * test is what `globalThis.__turboModuleProxy` gives, which is where React Native itself looks; the agent sets it first.
 */

interface Global {
  __turboModuleProxy?: (name: string) => unknown;
}

function get(name: string): unknown {
  return (globalThis as Global).__turboModuleProxy?.(name) ?? NativeModules[name] ?? null;
}

/** The modules without a proxy. */
export const NativeModules: Record<string, unknown> = {};

/** Hands the module under test out. */
export const TurboModuleRegistry = {
  get,
  getEnforcing(name: string): unknown {
    const found = get(name);
    if (found === null) {
      throw new Error(`there is no module ${name}`);
    }
    return found;
  },
};

/** An app that is in the foreground for ever. */
export const AppState = {
  currentState: 'active',
  addEventListener: () => ({ remove: () => undefined }),
};

/** Nobody opens links. */
export const Linking = {
  addEventListener: () => ({ remove: () => undefined }),
  getInitialURL: () => Promise.resolve(null),
  openURL: () => Promise.reject(new Error('there is no browser')),
};

/** No platform in particular. */
export const Platform = {
  OS: 'android',
  Version: 0,
  select: <T>(choices: { android?: T; native?: T; default?: T }) =>
    choices.android ?? choices.native ?? choices.default,
};
