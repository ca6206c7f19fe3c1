/** The fake world: an Appwrite, gateways, a network between them, and a device. */

import { Appwrite } from './appwrite';
import { Device } from './device';
import { Faults } from './faults';
import type { Header } from './http';
import { EMPTY } from './http';
import { Journal } from './journal';
import type { Site } from './network';
import { Network } from './network';
import { FakeGateway } from './server';

/** Everything outside the app. */
export class World {
  readonly appwrite = new Appwrite();
  readonly device = new Device();
  readonly journal = new Journal();
  readonly faults = new Faults();
  /** Answers for every gateway of a client. */
  readonly gateway = new FakeGateway('gateway', (carrier) => this.askedByGateway(carrier));
  readonly network = new Network(this.journal, this.faults, (url) => this.siteOf(url));
  /** The origins of the clients' gateways. */
  readonly gateways = new Set<string>();
  private readonly sites = new Map<string, FakeGateway>();

  /** The site of another origin. It is created when it is first used. */
  site(origin: string): FakeGateway {
    const site = this.sites.get(origin) ?? new FakeGateway(origin, undefined);
    this.sites.set(origin, site);
    return site;
  }

  /** Resets everything except the endpoints and gateways of clients. */
  reset(): void {
    this.appwrite.users = [];
    this.device.reset();
    this.journal.entries = [];
    this.faults.clear();
    this.gateway.clear();
    this.sites.clear();
    this.network.online = true;
  }

  private siteOf(url: URL): Site | undefined {
    if (this.appwrite.owns(url)) {
      return this.appwrite;
    }
    return this.sites.get(url.origin) ?? (this.gateways.has(url.origin) ? this.gateway : undefined);
  }

  private async askedByGateway(carrier: Header | undefined) {
    const endpoint = this.appwrite.endpoint();
    if (endpoint === undefined) {
      return undefined;
    }
    const headers = carrier ? [carrier] : [];
    const request = { method: 'GET', url: new URL(`${endpoint}/account`), headers, ...EMPTY };
    return this.network.send(request, 'gateway').catch(() => undefined);
  }
}
