#!/usr/bin/env node
'use strict';

const { spawn } = require('node:child_process');

const { findProgram } = require('../program.js');

let program;
try {
  program = findProgram();
} catch (error) {
  console.error(`mock-appwrite: ${error.message}`);
  process.exit(1);
}
const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
// A terminal sends its signals to both processes, everybody else to this one alone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`mock-appwrite: ${program} cannot be started: ${error.message}`);
  process.exit(1);
});
child.on('exit', (status) => process.exit(status ?? 1));
