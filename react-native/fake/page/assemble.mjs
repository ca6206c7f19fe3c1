// Writes quickstart.html: page.html, with page.js and all that it imports, and with the module, as gzip in base64.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import ts from 'typescript';

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGE = join(HERE, '../..');
/** What only Node has, and what the page has in its place. */
const REPLACED = { 'node:crypto': 'fake/page/crypto.js', 'src/fake/wasm.ts': 'fake/page/wasm.js' };
const OPTIONS = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, removeComments: true };

/** The functions of the modules, by the paths of their files in the package. */
const modules = new Map();

/** The file that `specifier` means in `from`. */
function resolve(specifier, from) {
  if (specifier in REPLACED) return REPLACED[specifier];
  const path = relative(PACKAGE, join(PACKAGE, dirname(from), specifier));
  const file = ['.ts', '.js'].map((ending) => path + ending).find((each) => existsSync(join(PACKAGE, each)));
  if (!specifier.startsWith('.') || !file)
    throw new Error(`${from} imports ${specifier}, which the page does not have`);
  return REPLACED[file] ?? file;
}

function add(file) {
  if (modules.has(file)) return;
  modules.set(file, '');
  const { outputText } = ts.transpileModule(readFileSync(join(PACKAGE, file), 'utf8'), { compilerOptions: OPTIONS });
  const code = outputText.replace(/\brequire\("([^"]+)"\)/g, (_, specifier) => {
    const imported = resolve(specifier, file);
    add(imported);
    return `require(${JSON.stringify(imported)})`;
  });
  modules.set(file, `function (exports, require) {${code}}`);
}

const ENTRY = 'fake/page/page.js';
add(ENTRY);
const table = [...modules].map(([file, code]) => `${JSON.stringify(file)}: ${code}`).join(',\n');
const script = `const modules = {${table}};
const loaded = {};
function load(file) {
  if (!(file in loaded)) modules[file]((loaded[file] = {}), load);
  return loaded[file];
}
load(${JSON.stringify(ENTRY)});
`;
if (/<\/script|<!--/i.test(script)) throw new Error('the script would end in the middle');
const wasm = gzipSync(readFileSync(join(HERE, '../module.wasm')), { level: 9 }).toString('base64');

const [head, middle, end] = readFileSync(join(HERE, 'page.html'), 'utf8').split('</script>');
const page = [`${head}${wasm}`, `${middle}${script}`, end].join('</script>');
writeFileSync(join(HERE, 'quickstart.html'), page);
console.log(`fake/page/quickstart.html: ${Buffer.byteLength(page)} bytes`);
