/** Where React Native looks for turbo-modules: what a test puts in here is there. Runs before React Native is loaded. */

const modules: Record<string, unknown> = {};

Object.assign(globalThis, { modules, __turboModuleProxy: (name: string) => modules[name] ?? null });

declare global {
  /** The turbo-modules of this test. */
  var modules: Record<string, unknown>;
}

export {};
