'use strict';

const { accessSync, closeSync, constants, openSync, readSync } = require('node:fs');
const { delimiter, dirname, join } = require('node:path');

const NAME = process.platform === 'win32' ? 'mock-appwrite.exe' : 'mock-appwrite';

/** The program: the given one, that of MOCK_APPWRITE, the one that is packed for this platform, or the one on PATH. */
exports.findProgram = function findProgram(given) {
  const found = given || process.env.MOCK_APPWRITE || packed() || onPath();
  if (found) return found;
  throw new Error(
    `there is no program for ${process.platform}-${process.arch}. Either install the npm package ${packageName()} (npm leaves it out ` +
      'with --omit=optional), or build the program with `cargo install --locked --git URL-OF-APPWRITE-SESSION mock-appwrite`, which ' +
      'puts it on PATH, or set the environment variable MOCK_APPWRITE to its path',
  );
};

function packageName() {
  return `mock-appwrite-${process.platform}-${process.arch}`;
}

function packed() {
  try {
    return join(dirname(require.resolve(`${packageName()}/package.json`)), 'bin', NAME);
  } catch {
    return undefined;
  }
}

function onPath() {
  const folders = (process.env.PATH || '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, NAME)).find(isProgram);
}

/** Whether that is a program and no script: this package's own command is on PATH as well and would only look for itself. */
function isProgram(path) {
  const start = Buffer.alloc(2);
  try {
    accessSync(path, constants.X_OK);
    const file = openSync(path, 'r');
    try {
      readSync(file, start);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  return start.toString() !== '#!';
}
