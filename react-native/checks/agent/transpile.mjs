/**
 * Turns the package's TypeScript, and an agent's, into what plain Node runs: `node checks/agent/transpile.mjs OUT FOLDER…`, with
 * folders below `react-native/`, such as `src checks/agent checks/fake-agent`. Types are not checked here; `npm run check` does that.
 *
 * The same folders arise below OUT, as CommonJS, with the stand-in as their 'react-native'. What was transpiled before and has not
 * changed since stays as it is.
 */

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const [out, ...folders] = process.argv.slice(2);
if (!out || folders.length === 0) {
  console.error('usage: transpile.mjs OUT FOLDER…');
  process.exit(2);
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !['__tests__', 'node_modules', 'build'].includes(entry.name)) {
      yield* sources(path);
    } else if (/\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts')) {
      yield path;
    }
  }
}

function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The compiler, which takes longer to load than all the rest, and is seldom needed. */
let compiler;

async function transpile(source, target) {
  if (changedAt(target) > changedAt(source)) return;
  const { default: ts } = await (compiler ??= import('typescript'));
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    esModuleInterop: true,
    jsx: ts.JsxEmit.ReactJSX,
  };
  const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), { compilerOptions, fileName: source });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, outputText);
}

for (const folder of folders) {
  for (const source of sources(join(root, folder))) {
    await transpile(source, join(out, relative(root, source).replace(/\.tsx?$/, '.js')));
  }
}
await transpile(join(root, 'checks/agent/react-native.ts'), join(out, 'node_modules/react-native/index.js'));
// Whatever the package around it says of its own files, these are CommonJS.
writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');
