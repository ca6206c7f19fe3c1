/** Shows the story: its steps, the state of the client, and every request. */

import { load } from './wasm';
import { shown, Stage, steps } from './story';

const CARRIERS = {
  none: 'no credential',
  cookie: 'Cookie: a_session_demo',
  fallback_cookies: 'X-Fallback-Cookies',
  session_header: 'X-Appwrite-Session',
};

const PLACES = { appwrite: 'Appwrite', gateway: 'gateway' };

const at = (id) => document.getElementById(id);

let stage;
/** How many steps were played. */
let played;
/** How many requests there were at the end of each played step. */
let ends;
let isBusy = false;
const cards = steps.map(card);

function made(tag, text = '', className = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

function card({ title, code }, index) {
  const item = made('li');
  const button = made('button', 'Play');
  button.setAttribute('aria-label', `Play step ${index + 1}: ${title}`);
  button.addEventListener('click', async () => {
    await act(playNext);
    // The pressed button is gone.
    (cards[played]?.button ?? at('again')).focus();
  });
  const head = made('div', '', 'head');
  head.append(made('h3', title), button);
  const claims = made('ul', '', 'claims');
  const shownCode = made('pre');
  shownCode.append(made('code', code));
  item.append(head, shownCode, claims);
  at('steps').append(item);
  return { item, button, claims };
}

/** Begins anew, in a world in which nothing has happened. */
function begin() {
  stage?.fake.core.renew();
  stage = new Stage();
  [played, ends] = [0, []];
  const { fake } = stage;
  fake.module.onChange(show);
  for (const { item, claims } of cards) {
    item.className = '';
    claims.replaceChildren();
  }
  return fake.module.restored(stage.app);
}

async function playNext() {
  const { item, claims } = cards[played];
  const check = (isSo, claim) => {
    claims.append(made('li', isSo ? `✓ ${claim}` : `✗ not so: ${claim}`, isSo ? 'so' : 'not'));
  };
  await steps[played].play(stage, check).catch((error) => {
    check(false, `the step works (${error.message})`);
  });
  const holds = claims.querySelector('.not') === null;
  item.className = holds ? 'held' : 'failed';
  ends.push(stage.fake.exchanges.length);
  played += 1;
  return holds;
}

async function playAll() {
  while (played < steps.length && (await playNext())) show();
}

/** Does what the user asked for, and nothing else meanwhile. */
async function act(work) {
  if (isBusy) return;
  isBusy = true;
  try {
    show();
    await work();
    isBusy = false;
    show();
  } catch (error) {
    tell(error);
  }
}

/** The page itself has failed, or the module has. */
function tell(error) {
  at('outcome').textContent = `This does not work: ${error.message}`;
}

function requestRow({ number, by, to, method, url, carrier, carriers, status, hungUp }) {
  const row = made('tr');
  const from = stage.elsewhere.has(number) ? 'other device' : by;
  const target = PLACES[to] ?? 'foreign site';
  const answer = status ?? (hungUp ? 'hung up' : '…');
  row.append(
    made('td', number),
    made('td', `${from} → ${target}`, 'places'),
    made('td', `${method} ${url}`, 'code'),
    made(
      'td',
      carriers > 1 ? `${carriers} carriers` : (CARRIERS[carrier] ?? carrier),
      carriers === 0 ? 'none' : 'code',
    ),
    made('td', answer, status >= 400 ? 'refused' : ''),
  );
  return row;
}

/** The requests of one step. */
function group(index, requests) {
  const body = made('tbody');
  const head = made('th', `${index + 1}  ${steps[index].title}`);
  [head.colSpan, head.scope] = [5, 'rowgroup'];
  const line = made('tr');
  line.append(head);
  body.append(line, ...requests.map(requestRow));
  if (requests.length === 0) {
    const nothing = made('td', 'nothing went over the wire', 'none');
    nothing.colSpan = 5;
    const row = made('tr');
    row.append(nothing);
    body.append(row);
  }
  return body;
}

function show() {
  const { fake, state } = stage;
  const isFailed = cards.some(({ item }) => item.className === 'failed');
  cards.forEach(({ button, item }, index) => {
    button.disabled = isBusy || isFailed || index !== played;
    button.hidden = item.className !== '';
  });
  at('all').disabled = isBusy || isFailed || played === steps.length;
  at('again').disabled = isBusy || played === 0;
  at('state').textContent = shown(state);
  at('user').textContent = state.userName ? `${state.userName} <${state.userEmail}>` : 'nobody, or not known';
  at('store').textContent = fake.store.isEmpty ? 'empty' : 'holds a record';
  const { exchanges } = fake;
  const current = exchanges.length > (ends.at(-1) ?? 0) ? [exchanges.length] : [];
  at('wire').replaceChildren(
    made('caption', exchanges.length === 0 ? 'Nothing was sent yet.' : `${exchanges.length} requests`),
    ...(exchanges.length === 0 ? [] : [headRow()]),
    ...[...ends, ...current].map((end, index) => group(index, exchanges.slice(ends[index - 1] ?? 0, end))),
  );
  const failed = isFailed
    ? 'A step is not as it should be.'
    : `${played} of ${steps.length} steps, each as it should be.`;
  at('outcome').textContent = played === 0 ? '' : failed;
}

function headRow() {
  const head = made('thead');
  const row = made('tr');
  for (const name of ['#', 'from → to', 'request', 'credential', 'status']) {
    const cell = made('th', name);
    cell.scope = 'col';
    row.append(cell);
  }
  head.append(row);
  return head;
}

async function main() {
  await load();
  at('all').addEventListener('click', () => act(playAll));
  at('again').addEventListener('click', () => act(begin));
  await begin();
  show();
}

main().catch(tell);
