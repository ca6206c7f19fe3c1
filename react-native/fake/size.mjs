// Compares the size of module.wasm, as it is and as npm's archive has it, with the ledger.
//
//   node size.mjs [--update]     --update writes the ledger anew

import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

// What the ledger may say.
const MOST = { bytes: 1_500_000, gzipped: 645_000 };
// Another release of the compiler makes another module. What a change of ours brings beyond this is to be looked at, and written down.
const TOLERANCE = 0.02;

const ledger = new URL('size.json', import.meta.url);
const module = readFileSync(new URL('module.wasm', import.meta.url));
const now = { bytes: module.length, gzipped: gzipSync(module, { level: 9 }).length };
if (process.argv[2] === '--update') writeFileSync(ledger, `${JSON.stringify(now, null, 2)}\n`);
const written = JSON.parse(readFileSync(ledger, 'utf8'));

const faults = Object.keys(MOST).flatMap((what) => [
  ...(now[what] > written[what] * (1 + TOLERANCE)
    ? [
        `it has ${now[what]} ${what}, and the ledger says ${written[what]}; if that is right: react-native/fake/build --update`,
      ]
    : []),
  ...(written[what] > MOST[what]
    ? [`the ledger says ${written[what]} ${what}, and may say ${MOST[what]} at most`]
    : []),
]);
for (const fault of faults) console.error(`fake/module.wasm: ${fault}`);
console.log(`fake/module.wasm: ${now.bytes} bytes, ${now.gzipped} gzipped`);
process.exitCode = faults.length === 0 ? 0 : 1;
