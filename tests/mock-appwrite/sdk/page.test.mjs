// Uses the mock's page in Chromium, as a person would. `SCREENSHOT=FILE` also takes the picture of the README.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { launch } from 'puppeteer-core';

import { startMock } from './mock.mjs';

const PASSWORD = 'correct horse battery';

describe('the page', () => {
  let mock;
  let browser;
  let page;
  const faults = [];

  before(async () => {
    mock = await startMock('1.9');
    browser = await launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // As root Chromium has no sandbox; the page is ours.
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
  });
  after(async () => {
    await browser?.close();
    mock?.close();
  });
  beforeEach(async () => {
    await mock.control('POST', '/reset');
    page = await browser.newPage();
    await page.setViewport({ width: 1100, height: 820 });
    faults.length = 0;
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(`${mock.url}/_mock/ui`);
    await page.waitForFunction(() => document.getElementById('profile').textContent === '1.9');
  });

  const texts = (id) => page.$$eval(`#${id} tr`, (rows) => rows.map((row) => row.textContent));
  const shows = (id, text) =>
    page.waitForFunction((id, text) => document.getElementById(id).textContent.includes(text), { timeout: 10_000 }, id, text);
  const press = (name) => page.locator(`::-p-aria([name="${name}"][role="button"])`).click();
  const fill = (name, value) => page.locator(`input[aria-label="${name}"]`).fill(value);

  const makeAda = async () => {
    await fill('e-mail', 'ada@example.com');
    await fill('password', PASSWORD);
    await fill('name', 'Ada');
    await press('Make a user');
    await shows('users', 'ada@example.com');
    return (await mock.control('GET', '/users'))[0].userId;
  };
  const signIn = () =>
    fetch(`${mock.endpoint}/account/sessions/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-appwrite-project': mock.project },
      body: JSON.stringify({ email: 'ada@example.com', password: PASSWORD }),
    });

  test('shows a sign-in as it comes, and revokes its session', async () => {
    const ada = await makeAda();
    assert.equal((await signIn()).status, 201);
    await shows('journal', 'POST /v1/account/sessions/email');
    await page.waitForFunction(() => document.querySelectorAll('#users button').length === 4);
    await fetch(`${mock.endpoint}/account/recovery`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-appwrite-project': mock.project },
      body: JSON.stringify({ email: 'ada@example.com', url: 'http://localhost/page' }),
    });
    await shows('messages', 'recovery');
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
    await press('Revoke');
    await page.waitForFunction(() => document.querySelectorAll('#users button').length === 2);
    assert.deepEqual(await mock.control('GET', `/users/${ada}/sessions`), []);
    assert.deepEqual(faults, []);
  });

  test('lets a session expire, blocks a user, and deletes one', async () => {
    await makeAda();
    await signIn();
    await page.waitForFunction(() => document.querySelectorAll('#users button').length === 4);
    await press('Expire');
    await press('Block');
    await page.waitForFunction(() => [...document.querySelectorAll('#users button')].some((each) => each.textContent === 'Unblock'));
    assert.equal((await signIn()).status, 403);
    await press('Unblock');
    await page.waitForFunction(() => [...document.querySelectorAll('#users button')].some((each) => each.textContent === 'Block'));
    assert.equal((await signIn()).status, 201);
    await press('Delete');
    await shows('users', 'none');
    assert.equal((await signIn()).status, 401);
    assert.deepEqual(faults, []);
  });

  test('moves the clock, and adds and removes faults', async () => {
    await makeAda();
    const before = (await mock.control('GET', '/clock')).now;
    await press('Move on');
    await page.waitForFunction((before) => Date.parse(document.getElementById('now').textContent) >= before + 3_600_000, {}, before);
    await fill('path', '/v1/account/sessions/email');
    await fill('times', '2');
    await press('Add the fault');
    await page.waitForNetworkIdle({ idleTime: 100 });
    assert.equal((await signIn()).status, 500);
    await press('Remove all faults');
    await page.waitForNetworkIdle({ idleTime: 100 });
    assert.equal((await signIn()).status, 201);
    assert.deepEqual(faults, []);
  });

  test('shows what users are called as text', async () => {
    const name = '<img src=x onerror="document.title = 1">';
    await mock.control('POST', '/users', { email: 'eve@example.com', password: PASSWORD, name });
    await shows('users', name);
    assert.equal(await page.title(), 'mock-appwrite 1.9');
    assert.ok((await texts('users'))[0].includes(name));
    assert.deepEqual(faults, []);
  });
});
