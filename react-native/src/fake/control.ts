/** Controls the fake world, for the tests of an app. */

import { FakeBrowser } from './browser';
import { Core, type Asked, type HttpAnswer } from './core';
import { FakePresence, FakeStore } from './device';
import { order, type Fault, type FaultOptions, type OrderedFault } from './faults';
import { FakeFiles } from './files';
import { FakeModule } from './module';
import { FakeScreens } from './screens';
import { carrierOf, FakeGateway, textOf, type Carrier } from './sites';
import { Users, type FakeUser, type UserOptions } from './users';
import { addWebhook, type FakeWebhook } from './webhooks';

/** A request that arrived. It says which carrier the request had, but does not contain the credential. */
export interface FakeRequest {
  /** Counts the requests from 1. */
  readonly number: number;
  /** The sender: the app, or a gateway that asked Appwrite for the user. */
  readonly by: 'app' | 'gateway';
  /** The receiver: `appwrite`, `gateway`, or the origin of another site. */
  readonly to: string;
  readonly method: string;
  readonly url: string;
  readonly path: string;
  /** The carrier of the credential. */
  readonly carrier: Carrier;
  /** How many carriers there were. The client never sends more than one. */
  readonly carriers: number;
  /** The status of the answer; `undefined` before the answer, or if the connection broke. */
  readonly status: number | undefined;
  /** Whether the app hung up before it had the answer. */
  readonly hungUp: boolean;
}

/** A message that a real Appwrite would have sent by e-mail or SMS. */
export interface FakeMessage {
  /** What it is about, such as `otp`. */
  readonly kind: string;
  readonly userId: string;
  /** The code or the secret in it. */
  readonly secret: string;
  /** Where the link in it leads, as the app said it; `undefined` for a code. */
  readonly url: string | undefined;
  /** The link that the user opens; `undefined` for a code. */
  readonly link: string | undefined;
}

/** A release of Appwrite that the fake can be. */
export type Profile = '1.5' | '1.9' | '2.7';

/** As it comes from the core, where what is not there is null. */
type OrNull<T, K extends keyof T> = Omit<T, K> & Record<K, NonNullable<T[K]> | null>;

const USUAL: Profile = '1.9';

const LOCAL: readonly string[] = ['localhost'];

/** Controls the fake world: Appwrite and its users, the gateways, the network and the device. */
export class FakeSession {
  /** Answers for every gateway that a client allows. By default, a route asks Appwrite for the user first. */
  readonly gateway: FakeGateway;
  /** The device's files, by their URIs. */
  readonly files = new FakeFiles();
  /** The device's secure store. */
  readonly store: FakeStore;
  /** Answers the presence check (biometrics or the device passcode). */
  readonly presence: FakePresence;
  /** The user's browser, for sign-ins by OAuth2. */
  readonly browser: FakeBrowser;
  /** The platform's screens for sign-ins, and what the user does with them. */
  readonly screens: FakeScreens;
  /** The native module that the client talks to. @internal */
  readonly module: FakeModule;
  /** @internal */
  readonly core = new Core();
  private readonly sites = new Map<string, FakeGateway>();
  private readonly everybody = new Users(this.core);
  private now: Profile = USUAL;
  private limits = false;
  private hosts: readonly string[] = LOCAL;

  constructor() {
    const { core } = this;
    this.gateway = new FakeGateway((request) => core.call('identify', request) as never);
    this.store = new FakeStore(core, 'device');
    this.presence = new FakePresence(core);
    this.browser = new FakeBrowser(core);
    this.screens = new FakeScreens(core, this.browser, () => {
      this.restart();
    });
    this.module = new FakeModule(core, this.screens, this.files);
    core.asked = (request) => this.siteOf(request).answer(request);
  }

  /** Makes a user of Appwrite. */
  user(options: UserOptions): FakeUser {
    return this.everybody.add(options);
  }

  /** Every user, those who signed up by themselves included. */
  get users(): readonly FakeUser[] {
    return this.everybody.all;
  }

  /** Another site, which knows no credential: where a redirect or the app's own HTTP client can lead. */
  site(origin: string): FakeGateway {
    this.core.tell({ do: 'site', origin });
    const site = this.sites.get(origin) ?? new FakeGateway(undefined);
    this.sites.set(origin, site);
    return site;
  }

  /** Cuts the network, until `online()`. Nothing leaves the app meanwhile. */
  offline(): void {
    this.core.tell({ do: 'online', online: false });
  }

  /** The network is back. The clients retry pending work immediately. */
  online(): void {
    this.core.tell({ do: 'online', online: true });
    this.core.tell({ do: 'nudge' });
  }

  /**
   * Sets a fault for the next requests of a route, of Appwrite or of a gateway: `'GET /orders'`, or `'/v1/account/*'` for any method
   * and every path below. The client does not wait between two attempts, unlike the real one.
   */
  fault(aim: string, fault: Fault, options: FaultOptions = {}): OrderedFault {
    return order(this.core, aim, fault, options);
  }

  /** What the app has sent so far, in order. The requests of gateways to Appwrite are in `exchanges`. */
  get requests(): readonly FakeRequest[] {
    return this.exchanges.filter(({ by }) => by === 'app');
  }

  /** Every request so far, including those of gateways to Appwrite. */
  get exchanges(): readonly FakeRequest[] {
    const entries = this.core.tell({ do: 'journal' }) as OrNull<FakeRequest, 'status'>[];
    return entries.map((entry) => ({ ...entry, carrier: carrierOf(entry.carrier), status: entry.status ?? undefined }));
  }

  /** The e-mails and SMS that Appwrite would have sent so far, such as the codes of second factors. */
  get messages(): readonly FakeMessage[] {
    const messages = this.core.control('GET', '/messages') as OrNull<FakeMessage, 'url' | 'link'>[];
    return messages.map((message) => ({ ...message, url: message.url ?? undefined, link: message.link ?? undefined }));
  }

  /** Moves the clocks of the device and of Appwrite on, so that sessions, tokens and confirmations expire. */
  advance(millis: number): void {
    this.core.tell({ do: 'advance', millis });
  }

  /** Whether Appwrite limits how often it is called, as a real one does; `false` at first. */
  get rateLimits(): boolean {
    return this.limits;
  }
  set rateLimits(rateLimits: boolean) {
    this.core.control('PATCH', '/project', { rateLimits });
    this.limits = rateLimits;
  }

  /**
   * The hosts of the project's web platforms: links in e-mails, and callbacks of sign-ins in the browser, may lead there. `localhost` at
   * first.
   */
  get webHosts(): readonly string[] {
    return this.hosts;
  }
  set webHosts(webHosts: readonly string[]) {
    // The provider of the fake returns to localhost.
    this.core.control('PATCH', '/project', { webHosts: [...new Set(['localhost', ...webHosts])] });
    this.hosts = webHosts;
  }

  /** Makes a webhook of Appwrite for these events: `fakeSession.webhook('https://api.example.com/hooks', ['users.*.sessions.*.delete'])`. */
  webhook(url: string, events: string[]): FakeWebhook {
    return addWebhook(this.core, url, events);
  }

  /** The release of Appwrite that the fake is. `reset` changes it. */
  get profile(): Profile {
    return this.now;
  }

  /** Restarts the app: the clients read the store again. */
  restart(): void {
    this.screens.end();
    this.core.tell({ do: 'restart' });
    this.module.restarted();
  }

  /** Restarts the app with a session of that user in the store. Nothing is sent. The state is `signedIn`, not yet verified. */
  startSignedIn(user: FakeUser, options: { accountSlot?: string } = {}): void {
    const { id: userId, name, email } = user;
    this.screens.end();
    this.core.tell({ do: 'startSignedIn', userId, name, email, slot: options.accountSlot });
  }

  /** Removes the app and installs it again. The store keeps its content, as iOS's Keychain does. */
  reinstall(): void {
    this.screens.end();
    this.core.tell({ do: 'reinstall' });
  }

  /** Waits until the clients have done their work in the background, such as revoking a session after a sign-out. */
  async idle(): Promise<void> {
    await this.core.call('idle');
  }

  /** A `fetch` of the fake world without the session, for requests that an app sends by itself with the headers of `authorize`. */
  readonly fetch = async (
    url: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) => {
    const headers = Object.entries(init.headers ?? {}).map(([name, value]) => ({ name, value }));
    const request = { method: init.method ?? 'GET', url, headers, body: init.body ?? '', bodyIsBase64: false };
    const answer = (await this.core.call('fetch', request).catch(() => undefined)) as HttpAnswer | undefined;
    if (!answer) throw new TypeError('Network request failed');
    const text = textOf(answer);
    const lines = answer.headers.map(({ name, value }): [string, string] => [name, value]);
    return new Response(text === '' ? null : text, { status: answer.status, headers: lines });
  };

  /**
   * Resets the world: no users, no routes, no requests, an empty device. The clients restart in it. `profile` is the release of Appwrite
   * that the fake is from now on; 1.9 if it is not set.
   */
  reset({ profile = USUAL }: { profile?: Profile } = {}): void {
    this.gateway.clear();
    this.screens.reset();
    this.files.clear();
    this.sites.clear();
    this.everybody.clear();
    this.limits = false;
    this.hosts = LOCAL;
    this.now = profile;
    if (this.core.isBroken) {
      this.core.renew();
      this.module.rebuild();
    }
    this.core.tell({ do: 'reset', profile });
  }

  private siteOf({ site, url }: Asked): FakeGateway {
    return this.sites.get(site ?? new URL(url).origin) ?? this.gateway;
  }
}
