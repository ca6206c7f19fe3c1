/// <reference types="node" />

/** Finds and compiles the module: the core and a mock Appwrite, as WebAssembly. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The part of WebAssembly that is used. Its types are a browser's, which this package does not have. */
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: Record<string, Record<string, unknown>>) => { exports: Exports };
}

/** What the module exports. */
export interface Exports {
  memory: { buffer: ArrayBuffer };
  input(length: number): number;
  tell(): number;
  run(): number;
  output_length(): number;
  fire(timer: number): void;
}

const NAME = 'module.wasm';

let compiled: object | undefined;

/** A new instance of the module. It is read from the package's folder and compiled once. */
export function instantiate(imports: Record<string, Record<string, unknown>>): Exports {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
  compiled ??= new WebAssembly.Module(readFileSync(path()));
  return new WebAssembly.Instance(compiled, imports).exports;
}

/** The module's file: in the package that this file is of, or, where Node does not say which file this is, in the app's packages. */
function path(): string {
  let folder = typeof __dirname === 'string' ? __dirname : process.cwd();
  for (;;) {
    for (const place of ['fake', 'node_modules/react-native-appwrite-session/fake']) {
      const file = join(folder, place, NAME);
      if (existsSync(file)) return file;
    }
    if (dirname(folder) === folder) break;
    folder = dirname(folder);
  }
  throw new Error(
    `fake/${NAME} is missing in react-native-appwrite-session: in a checkout of the repository, build it with react-native/fake/build, ` +
      'which needs Rust (https://rustup.rs) and its target, added by `rustup target add wasm32-wasip1`.',
  );
}
