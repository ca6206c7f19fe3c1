/** The story of a login, step by step, each with what must be seen for it to be true: the one of core's quick start, and a second factor. */

import { FakeSession } from '../../src/fake/control';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery';
const ENDPOINT = 'https://appwrite.example/v1';
const GATEWAY = 'https://api.example';
const FOREIGN = 'https://elsewhere.example';

/** What the story is played on: an Appwrite with one user, a gateway, a foreign site, and the device with the app. */
export class Stage {
  /** The world, of which every request can be read. */
  fake = new FakeSession();
  /** The requests of another device, by their numbers. */
  elsewhere = new Set();
  calls = 0;

  constructor() {
    const { fake } = this;
    this.ada = fake.user({ id: 'ada', email: EMAIL, password: PASSWORD, name: 'Ada' });
    const open = { authenticated: false };
    fake.gateway.on('GET', '/whoami', ({ userId }) => ({ json: { userId } }));
    fake.gateway.on('GET', '/away', { status: 302, headers: { location: `${FOREIGN}/open` } }, open);
    fake.gateway.on('GET', '/deny', { status: 401, json: { detail: 'not for you' } }, open);
    fake.site(FOREIGN).on('GET', '/open', { json: {} });
    this.app = this.start();
  }

  /** Starts a client. It finds in that store what an earlier one has left. */
  start(carrier = 'cookie', store = 'device') {
    const { module } = this.fake;
    module.next = { store, installation: store };
    const { client, error } = module.createClient({
      ...{ endpoint: ENDPOINT, project: 'demo', gateways: [{ url: GATEWAY, carrier }], persistence: 'durable' },
      ...{ readOnly: false, forgetAfterReinstall: false, rootCertificates: [] },
    });
    if (error) throw new Error(error.message);
    return client;
  }

  /** The state of the app. */
  get state() {
    return this.fake.module.change(this.app);
  }

  /** Calls a gateway: its status and its JSON. */
  async get(target, client = this.app) {
    const request = { method: 'GET', target, headers: [], body: '', bodyIsBase64: false, idempotent: false };
    const { status, body } = await this.fake.module.send(client, ++this.calls, request);
    return { status, json: body === '' ? undefined : JSON.parse(body) };
  }

  /** Whom the gateway takes the app for. */
  async caller(client = this.app) {
    return (await this.get('/whoami', client)).json?.userId;
  }

  /** Does `work`, and gives the requests that were made meanwhile. */
  async during(work) {
    const before = this.fake.exchanges.length;
    await work();
    return this.fake.exchanges.slice(before);
  }
}

/** A state as the app's developer reads it. */
export function shown({ kind, verified, reason, factors }) {
  if (kind === 'signed_in') return `${kind} (verified: ${verified})`;
  if (kind === 'signed_out') return `${kind} (${reason})`;
  return kind === 'mfa_required' ? `${kind} (${factors.join(', ')})` : kind;
}

const isVerified = ({ kind, verified }) => kind === 'signed_in' && verified;
const isOut = (state, reason) => state.kind === 'signed_out' && state.reason === reason;
/** How often the app itself asked Appwrite who is signed in. */
const probes = (requests) => requests.filter(({ by, path }) => by === 'app' && path === '/v1/account').length;
/** The carriers of the calls of the gateway. */
const carried = (requests) =>
  requests.filter(({ to }) => to === 'gateway').map(({ carrier, carriers }) => `${carriers} ${carrier}`);
/** The error of a call that is to fail. */
const errorOf = (call) =>
  call.then(
    () => ({ code: 'none' }),
    ({ userInfo }) => userInfo,
  );

/** The steps. `play` gets the stage and `check`, which takes whether something is so, and what. */
export const steps = [
  {
    title: 'Sign in',
    code: `session.sign_in_with_email("${EMAIL}", password).await?;`,
    async play(stage, check) {
      const requests = await stage.during(() => stage.fake.module.signInWithEmail(stage.app, EMAIL, PASSWORD));
      check(isVerified(stage.state), `Appwrite confirmed the session: ${shown(stage.state)}`);
      check(requests[0]?.method === 'POST' && requests[0].carriers === 0, 'the login call carried no credential');
    },
  },
  {
    title: "Call the app's gateway",
    code: 'session.get("/whoami").send().await?;',
    async play(stage, check) {
      let caller;
      const requests = await stage.during(async () => (caller = await stage.caller()));
      check(caller === stage.ada.id, 'the gateway asked Appwrite, and knows who calls');
      check(carried(requests).join() === '1 cookie', 'one carrier went along, the cookie');
    },
  },
  {
    title: 'Restart the app',
    code: 'let session = SessionClient::builder(endpoint, project).gateway(gateway).store(store).build()?;',
    async play(stage, check) {
      const requests = await stage.during(async () => {
        stage.fake.restart();
        await stage.fake.module.restored(stage.app);
      });
      const { kind, verified, userId } = stage.state;
      const atOnce = kind === 'signed_in' && !verified && userId === stage.ada.id;
      check(atOnce, `signed in from the store alone: ${shown(stage.state)}`);
      check(requests.length === 0, 'without a request');
      check((await stage.caller()) === stage.ada.id, 'the kept credential works');
    },
  },
  {
    title: 'The same credential in the other header',
    code: '.gateway(Gateway::new(gateway).carrier(Carrier::FallbackCookies))',
    async play(stage, check) {
      const other = stage.start('fallback_cookies');
      let caller;
      const requests = await stage.during(async () => (caller = await stage.caller(other)));
      check(caller === stage.ada.id, 'the gateway knows who calls');
      check(carried(requests).join() === '1 fallback_cookies', 'one carrier again, X-Fallback-Cookies');
      await stage.fake.module.close(other);
    },
  },
  {
    title: 'A foreign origin',
    code: `session.get("${FOREIGN}/open").send().await`,
    async play(stage, check) {
      let error;
      const requests = await stage.during(async () => (error = await errorOf(stage.get(`${FOREIGN}/open`))));
      const isRefused = error.code === 'origin_not_allowed' && error.origin === FOREIGN;
      check(isRefused, `refused, with the origin in the error: ${error.code}`);
      check(requests.length === 0, 'before anything was sent');
    },
  },
  {
    title: 'A redirect to a foreign origin',
    code: 'session.get("/away").send().await?;',
    async play(stage, check) {
      let status;
      const requests = await stage.during(async () => ({ status } = await stage.get('/away')));
      const there = requests.filter(({ to }) => to === FOREIGN);
      check(status === 200 && there.length === 1, 'followed, as any client does');
      check(
        there.every(({ carriers }) => carriers === 0),
        'without the credential',
      );
    },
  },
  {
    title: "A 401 of the gateway's own",
    code: 'session.get("/deny").send().await?;',
    async play(stage, check) {
      let status;
      const requests = await stage.during(async () => ({ status } = await stage.get('/deny')));
      check(status === 401, "the app gets the gateway's answer as it is");
      check(probes(requests) === 1, 'Appwrite was asked once, because only it can end a session');
      check(isVerified(stage.state), `still ${shown(stage.state)}`);
    },
  },
  {
    title: 'Another device signs out everywhere',
    code: 'other_device.sign_out_everywhere().await?;\nsession.get("/whoami").send().await',
    async play(stage, check) {
      const { module } = stage.fake;
      const tablet = stage.start('cookie', 'tablet');
      const theirs = await stage.during(async () => {
        await module.signInWithEmail(tablet, EMAIL, PASSWORD);
        await module.signOutEverywhere(tablet);
        await module.close(tablet);
      });
      for (const { number } of theirs) stage.elsewhere.add(number);
      check(isVerified(stage.state), `the app does not know yet: ${shown(stage.state)}`);
      // An answer of Appwrite stands for two seconds, so that a storm of 401s costs it one question.
      stage.fake.advance(3000);
      let error;
      const requests = await stage.during(async () => (error = await errorOf(stage.get('/whoami'))));
      const isTold = error.code === 'signed_out' && error.reason === 'session_ended';
      check(isTold, `the next call ends with the reason: ${error.code} (${error.reason})`);
      check(probes(requests) === 1, 'after one question to Appwrite');
      check(isOut(stage.state, 'session_ended'), `the state is ${shown(stage.state)}`);
    },
  },
  {
    title: 'Sign in again, lose the network, sign out',
    code: 'session.sign_in_with_email(email, password).await?;\nsession.sign_out().await?;',
    async play(stage, check) {
      const { fake, ada } = stage;
      await fake.module.signInWithEmail(stage.app, EMAIL, PASSWORD);
      fake.offline();
      const requests = await stage.during(() => fake.module.signOut(stage.app));
      check(isOut(stage.state, 'signed_out'), `signed out at once: ${shown(stage.state)}`);
      check(requests.length === 0 && ada.sessions.length === 1, 'Appwrite does not know yet');
      fake.online();
      await fake.module.resume(stage.app);
      // Appwrite is told in the background.
      await fake.idle();
      check(ada.sessions.length === 0, 'the network is back, and now the session is gone at Appwrite, too');
    },
  },
  {
    title: 'A second factor',
    code: 'session.sign_in_with_email(email, password).await?;\nlet challenge = session.create_mfa_challenge(Factor::Totp).await?;\nsession.complete_mfa_challenge(&challenge, code).await?;',
    async play(stage, check) {
      const { module } = stage.fake;
      stage.ada.mfa = true;
      await module.signInWithEmail(stage.app, EMAIL, PASSWORD);
      check(stage.state.kind === 'mfa_required', `the password is not enough: ${shown(stage.state)}`);
      const { id } = await module.createMfaChallenge(stage.app, 'totp');
      await module.completeMfaChallenge(stage.app, id, stage.ada.totp());
      check(isVerified(stage.state), `with the code of the authenticator: ${shown(stage.state)}`);
      check((await stage.caller()) === stage.ada.id, 'the gateway knows who calls');
    },
  },
];
