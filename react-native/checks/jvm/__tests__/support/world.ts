/** One JVM with the real module, and one mock Appwrite, for the tests of a file. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Jvm, type Loaded } from '../../jvm';
import { Mock } from '../../mock';

/** The package's public face. */
export type Face = typeof import('../../../../src');

const folder = resolve(__dirname, '../..');
const programs = readFileSync(resolve(folder, '../../../bindings/kotlin/target/native.folder'), 'utf8').trim();

/** Starts both. */
export async function start(): Promise<{ jvm: Jvm; mock: Mock }> {
  return { jvm: new Jvm(join(folder, '.build')), mock: await Mock.start(join(programs, 'mock-appwrite')) };
}

/** Hands that module out, as React Native does. */
export function provide(loaded: Loaded): void {
  globalThis.modules['AppwriteSession'] = loaded.native;
}

/** Starts JavaScript anew: a module, and the package that is loaded with it. */
export function load(jvm: Jvm): Loaded & { face: Face } {
  const loaded = jvm.load();
  provide(loaded);
  let face!: Face;
  jest.isolateModules(() => {
    face = require('../../../../src') as Face;
  });
  return { ...loaded, face };
}
