// Compares what the README says of test runners with the environments here: the versions, and how they are configured. Also that each
// lock file is of its package.json.
//
//   node readme.mjs

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const read = (path) => readFileSync(new URL(path, here), 'utf8');
const readme = read('../../README.md');

const environments = readdirSync(here)
  .filter((name) => existsSync(new URL(`${name}/package.json`, here)))
  .map((name) => {
    const app = JSON.parse(read(`${name}/package.json`));
    const { dependencies, devDependencies } = JSON.parse(read(`${name}/package-lock.json`)).packages[''];
    assert.deepEqual(
      { dependencies, devDependencies },
      { dependencies: app.dependencies, devDependencies: app.devDependencies },
      `${name} has an old lock file`,
    );
    return { ...app, versions: { ...dependencies, ...devDependencies } };
  });
// React Native 0.86 is the example's, where ../app runs the same tests.
const example = JSON.parse(read('../../example/package.json'));
environments.push({
  versions: { ...example.dependencies, ...example.devDependencies },
  jest: { preset: '@react-native/jest-preset' },
});

const sorted = (texts) => [...new Set(texts)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
const withPreset = (...presets) => environments.filter(({ jest }) => presets.includes(jest?.preset));
const list = (found, one) => sorted(found.map(({ versions }) => one(versions))).join(', ');
const own = withPreset('react-native', '@react-native/jest-preset');
const expo = withPreset('jest-expo');
const vitest = environments.filter(({ versions }) => versions.vitest);
assert.equal(
  own.length + expo.length + vitest.length,
  environments.length,
  'the README has no row for one of the environments',
);

const jest = (found) => list(found, (versions) => versions.jest);
const rows = [
  `| jest ${jest(own)} with React Native's preset | React Native ${list(own, (versions) => versions['react-native'])} |`,
  `| jest ${jest(expo)} with jest-expo | jest-expo ${list(expo, (versions) => `${versions['jest-expo']} (React Native ${versions['react-native']})`)} |`,
  `| vitest | ${list(vitest, (versions) => versions.vitest)} |`,
];
for (const row of rows) assert(readme.includes(`\n${row}\n`), `the README lacks this row:\n${row}`);

// The configurations: jest's as its members are written, vitest's files as they are.
const quoted = (value) => JSON.stringify(value, null, 1).replace(/\n */g, '').replaceAll('"', "'");
for (const { jest: members } of environments) {
  for (const [name, value] of Object.entries(members ?? {})) {
    const text = `${name}: ${quoted(value)}`;
    assert(readme.includes(text), `the README does not say ${text}`);
  }
}
for (const file of ['vitest/vitest.config.mjs', 'vitest/react-native.mjs']) {
  assert(readme.includes(read(file)), `the README does not have ${file} as it is`);
}
console.log(`${environments.length} environments are as the README says`);
