// Plays the story in Chromium, as a person would, from the disk. `SCREENSHOT=FILE` also takes the picture of the README.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { launch } from 'puppeteer-core';

const PAGE = new URL('quickstart.html', import.meta.url).href;

const APPWRITE = 'https://appwrite.example/v1';
const GATEWAY = 'https://api.example';
const NONE = 'no credential';
const COOKIE = 'Cookie: a_session_demo';
const FALLBACK = 'X-Fallback-Cookies';
const HEADER = 'X-Appwrite-Session';

const login = (from = 'app') => [`${from} → Appwrite`, `POST ${APPWRITE}/account/sessions/email`, NONE, '201'];
const probe = (status = '200', from = 'app') => [`${from} → Appwrite`, `GET ${APPWRITE}/account`, HEADER, status];
const toAppwrite = (request, status) => ['app → Appwrite', request.replace(' ', ` ${APPWRITE}`), HEADER, status];
const toGateway = (path, carrier, status) => ['app → gateway', `GET ${GATEWAY}${path}`, carrier, status];
/** A call of the gateway, which asks Appwrite. */
const whoami = (carrier = COOKIE, status = '200') => [
  toGateway('/whoami', carrier, status),
  ['gateway → Appwrite', `GET ${APPWRITE}/account`, carrier, status],
];
const IN = 'signed_in (verified: true)';
/** After a restart only Appwrite's own answer confirms the session. */
const KEPT = 'signed_in (verified: false)';

/** Each step: its title, the state after it, how many things it shows to be so, and what went over the wire. */
const STORY = [
  ['Sign in', IN, 2, [login(), probe()]],
  ["Call the app's gateway", IN, 2, whoami()],
  ['Restart the app', KEPT, 3, whoami()],
  ['The same credential in the other header', KEPT, 2, whoami(FALLBACK)],
  ['A foreign origin', KEPT, 2, [['nothing went over the wire']]],
  [
    'A redirect to a foreign origin',
    KEPT,
    2,
    [toGateway('/away', COOKIE, '302'), ['app → foreign site', 'GET https://elsewhere.example/open', NONE, '200']],
  ],
  ["A 401 of the gateway's own", IN, 3, [toGateway('/deny', COOKIE, '401'), probe()]],
  [
    'Another device signs out everywhere',
    'signed_out (session_ended)',
    4,
    [
      login('other device'),
      probe('200', 'other device'),
      ['other device → Appwrite', `DELETE ${APPWRITE}/account/sessions`, HEADER, '204'],
      ...whoami(COOKIE, '401'),
      probe('401'),
    ],
  ],
  [
    'Sign in again, lose the network, sign out',
    'signed_out (signed_out)',
    3,
    [login(), probe(), toAppwrite('DELETE /account/sessions/current', '204')],
  ],
  [
    'A second factor',
    IN,
    3,
    [
      login(),
      probe('401'),
      toAppwrite('GET /account/mfa/factors', '200'),
      toAppwrite('POST /account/mfa/challenge', '201'),
      toAppwrite('PUT /account/mfa/challenge', '200'),
      probe(),
      ...whoami(),
    ],
  ],
];

/** The wire view as it must be after these steps. */
const wireOf = (steps) => steps.map(([title, , , requests], index) => [`${index + 1}  ${title}`, ...requests]);

describe('the page of the quick start', () => {
  let browser;
  let page;
  let faults;
  let asked;

  before(async () => {
    browser = await launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // As root Chromium has no sandbox; the page is ours.
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
  });
  after(() => browser?.close());
  beforeEach(async () => {
    [faults, asked] = [[], []];
    page = await browser.newPage();
    await page.setViewport({ width: 1240, height: 640 });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      asked.push(request.url());
      return request.url() === PAGE ? request.continue() : request.abort();
    });
    // The credentials that the module lets out, because the story counts the sessions of the user.
    await page.evaluateOnNewDocument(() => {
      window.credentials = new Set();
      const { parse } = JSON;
      JSON.parse = (text) =>
        parse(text, (key, value) => {
          if (key === 'credential') window.credentials.add(value);
          return value;
        });
    });
    await page.goto(PAGE);
    await page.waitForSelector('#all:enabled', { timeout: 20_000 });
  });

  const press = (name) => page.locator(`::-p-aria([name="${name}"][role="button"])`).click();
  const textOf = (id) => page.$eval(`#${id}`, (element) => element.textContent);
  const wire = () =>
    page.$$eval('#wire tbody', (groups) =>
      groups.map(({ rows }) => {
        const [title, ...requests] = [...rows].map(({ cells }) => [...cells].map((each) => each.textContent));
        // Without the requests' numbers.
        return [...title, ...requests.map((cells) => (cells.length > 1 ? cells.slice(1) : cells))];
      }),
    );
  const claims = () =>
    page.$$eval('#steps > li', (items) =>
      items.map((item) => [...item.querySelectorAll('.claims li')].map((each) => each.textContent)),
    );

  test('plays each step when the one before it has ended, with the requests that it needs and no others', async () => {
    for (const [index, [title, state, count]] of STORY.entries()) {
      const enabled = await page.$$eval('#steps button:enabled', (buttons) => buttons.map((each) => each.ariaLabel));
      assert.deepEqual(enabled, [`Play step ${index + 1}: ${title}`]);
      await press(enabled[0]);
      await page.waitForSelector(`#steps > li:nth-child(${index + 1}):is(.held, .failed)`);
      const shown = (await claims())[index];
      assert.ok(shown.length === count && shown.every((each) => each.startsWith('✓ ')), shown.join('\n'));
      assert.equal(await textOf('state'), state);
      assert.deepEqual(await wire(), wireOf(STORY.slice(0, index + 1)));
    }
    assert.equal(await textOf('outcome'), '10 of 10 steps, each as it should be.');
    assert.deepEqual([faults, asked], [[], [PAGE]]);
  });

  test('plays all at once, and again', async () => {
    for (let time = 0; time < 2; time++) {
      await press('Play all');
      await page.waitForSelector('#again:enabled');
      assert.equal(await textOf('outcome'), '10 of 10 steps, each as it should be.');
      assert.deepEqual(await wire(), wireOf(STORY));
      if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
      await press('Begin again');
      await page.waitForSelector('#all:enabled');
      assert.deepEqual([await textOf('state'), await wire()], ['signed_out (no_session)', []]);
    }
    assert.deepEqual([faults, asked], [[], [PAGE]]);
  });

  test('shows no secret', async () => {
    await press('Play all');
    await page.waitForSelector('#again:enabled');
    const [shown, credentials] = await page.evaluate(() => {
      const copy = document.documentElement.cloneNode(true);
      for (const script of copy.querySelectorAll('script')) script.remove();
      return [copy.outerHTML, [...window.credentials]];
    });
    assert.ok(credentials.length > 0 && credentials.every((each) => each.length > 100));
    for (const secret of [...credentials, 'correct horse battery', 'eyJ']) assert.ok(!shown.includes(secret), secret);
    const longest = Math.max(...shown.split(/[^A-Za-z0-9]/).map(({ length }) => length));
    assert.ok(longest < 40, 'something long is shown');
  });
});
