/** Controls the fake world, for the tests of an app. */

import { FakeModule } from './module';
import { World } from './world';
import { blobOf } from './world/credential';
import type { FakePresence, FakeStore } from './world/device';
import type { Fault, FaultOptions, OrderedFault } from './world/faults';
import { EMPTY, textOf } from './world/http';
import type { Entry } from './world/journal';
import type { FakeGateway } from './world/server';
import type { FakeUser, UserOptions } from './world/users';

/** A request that arrived. It says which carrier the request had, but does not contain the credential. */
export type FakeRequest = Readonly<Entry>;

/** Controls the fake world: Appwrite and its users, the gateways, the network and the device. */
export class FakeSession {
  /** Answers for every gateway that a client allows. By default, a route asks Appwrite for the user first. */
  readonly gateway: FakeGateway;
  /** The device's secure store. */
  readonly store: FakeStore;
  /** Answers the presence check (biometrics or the device passcode). */
  readonly presence: FakePresence;
  /** The native module that the client talks to. @internal */
  readonly module: FakeModule;
  /** @internal */
  readonly world = new World();

  constructor() {
    const { gateway, device } = this.world;
    this.gateway = gateway;
    this.store = device.store(device.next.store);
    this.presence = device.presence;
    this.module = new FakeModule(this.world);
    device.healed = () => {
      this.tryAgain();
    };
  }

  /** Makes a user of Appwrite. */
  user(options: UserOptions): FakeUser {
    return this.world.appwrite.addUser(options);
  }

  /** Every user, those who signed up by themselves included. */
  get users(): readonly FakeUser[] {
    return this.world.appwrite.users;
  }

  /** Another site, which knows no credential: where a redirect or the app's own HTTP client can lead. */
  site(origin: string): FakeGateway {
    return this.world.site(origin);
  }

  /** Cuts the network, until `online()`. Nothing leaves the app meanwhile. */
  offline(): void {
    this.world.network.online = false;
  }

  /** The network is back. The clients retry pending work immediately. */
  online(): void {
    this.world.network.online = true;
    this.tryAgain();
  }

  /**
   * Sets a fault for the next requests of a route, of Appwrite or of a gateway: `'GET /orders'`, or `'/v1/account/*'` for any method
   * and every path below. The client does not wait between two attempts, unlike the real one.
   */
  fault(aim: string, fault: Fault, options: FaultOptions = {}): OrderedFault {
    return this.world.faults.order(aim, fault, options);
  }

  /** What the app has sent so far, in order. The requests of gateways to Appwrite are in `exchanges`. */
  get requests(): readonly FakeRequest[] {
    return this.exchanges.filter(({ by }) => by === 'app');
  }

  /** Every request so far, including those of gateways to Appwrite. */
  get exchanges(): readonly FakeRequest[] {
    return this.world.journal.entries;
  }

  /** Restarts the app: the clients read the store again. */
  restart(): void {
    for (const client of this.module.clients.values()) client.restart();
  }

  /** Restarts the app with a session of that user in the store. Nothing is sent. The state is `signedIn`, not yet verified. */
  startSignedIn(user: FakeUser, options: { accountSlot?: string } = {}): void {
    const { id, secret } = user.open('email', ['password', 'totp']);
    const stored = {
      blob: blobOf(user.id, secret),
      sessionId: id,
      user: { id: user.id, name: user.name, email: user.email },
    };
    this.store.seed(options.accountSlot ?? 'default', JSON.stringify({ session: stored, revocations: [] }));
    this.restart();
  }

  /** Removes the app and installs it again. The store keeps its content, as iOS's Keychain does. */
  reinstall(): void {
    this.world.device.uninstall();
    this.restart();
  }

  /** Waits until the clients have done their work in the background, such as revoking a session after a sign-out. */
  async idle(): Promise<void> {
    await Promise.all([...this.module.clients.values()].map(({ session }) => session.idle()));
  }

  /** A `fetch` of the fake world without the session, for requests that an app sends by itself with the headers of `authorize`. */
  readonly fetch = async (
    url: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) => {
    const headers = Object.entries(init.headers ?? {}).map(([name, value]) => ({ name, value }));
    const body = { ...EMPTY, body: init.body ?? '' };
    const request = { method: init.method ?? 'GET', url: new URL(url), headers, ...body };
    const answer = await this.world.network.send(request, 'app').catch(() => {
      throw new TypeError('Network request failed');
    });
    const text = textOf(answer);
    const lines = answer.headers.map(({ name, value }): [string, string] => [name, value]);
    return new Response(text === '' ? null : text, { status: answer.status, headers: lines });
  };

  /** Resets the world: no users, no routes, no requests, an empty device. The clients restart in it. */
  reset(): void {
    this.world.reset();
    this.restart();
  }

  private tryAgain(): void {
    for (const { session } of this.module.clients.values()) session.nudge();
  }
}
