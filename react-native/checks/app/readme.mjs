// Writes each ```tsx block of a README into a file of its own, to be compiled.
//
//   node readme.mjs README FOLDER

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const [readme, folder] = process.argv.slice(2);
const blocks = [...readFileSync(readme, 'utf8').matchAll(/^```tsx\n(.*?)^```$/gms)].map(([, code]) => code);
if (blocks.length < 5) throw new Error(`there are only ${blocks.length} examples in ${readme}`);
mkdirSync(folder, { recursive: true });
for (const [at, code] of blocks.entries()) {
  // What a block does not declare itself is in readme.d.ts. Each is a module of its own.
  writeFileSync(`${folder}/example-${at + 1}.tsx`, `${code}\nexport {};\n`);
}
console.log(`${blocks.length} examples`);
