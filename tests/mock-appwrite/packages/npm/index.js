'use strict';

const { spawn } = require('node:child_process');
const { request } = require('node:http');
const { createInterface } = require('node:readline');

const { findProgram } = require('./program.js');

exports.startMockAppwrite = async function startMockAppwrite({ profile, program } = {}) {
  const url = program ? undefined : process.env.MOCK_APPWRITE_URL;
  const { description, close } = url ? await connect(url, profile) : await start(findProgram(program), profile);
  const control = (method, path, body) => ask(`${description.url}/_mock${path}`, method, body);
  return { ...description, control, reset: () => control('POST', '/reset'), close };
};

async function connect(url, profile) {
  const description = await Promise.resolve()
    .then(() => ask(`${url.replace(/\/+$/, '')}/_mock`, 'GET'))
    .catch(({ message }) => {
      throw new Error(`there is no mock at MOCK_APPWRITE_URL, which is ${url} and has to be like http://127.0.0.1:9501: ${message}`);
    });
  if (profile && profile !== description.profile)
    throw new Error(`the mock at MOCK_APPWRITE_URL has the profile ${description.profile}, and the test asks for ${profile}`);
  return { description, close: async () => {} };
}

async function start(program, profile) {
  const options = ['serve', '--while-stdin-is-open', ...(profile ? ['--profile', profile] : [])];
  const child = spawn(program, options, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('close', resolve));
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', (error) => reject(new Error(`${program} cannot be started: ${error.message}`)));
    exited.then((status) =>
      reject(new Error(`${program} ${options.join(' ')} ended with status ${status}; its standard error says why`)),
    );
  });
  // A mock that nobody closes does not keep the tests' process alive, and ends with it.
  for (const each of [child, child.stdin, child.stdout]) each.unref();
  const close = async () => {
    child.ref();
    child.stdin.end();
    await exited;
  };
  return { description: JSON.parse(line), close };
}

/** By node:http, since some test environments have no fetch, or one of their own. */
function ask(url, method, body) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (answer) => {
      let read = '';
      answer.setEncoding('utf8').on('data', (part) => (read += part));
      answer.on('error', reject).on('end', () => {
        if (answer.statusCode >= 300) reject(new Error(`the mock answered ${answer.statusCode} to ${method} ${url}: ${read}`));
        else resolve(read ? JSON.parse(read) : undefined);
      });
    });
    sent.on('error', reject).end(text);
  });
}
