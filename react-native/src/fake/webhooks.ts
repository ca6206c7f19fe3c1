/** The webhooks of the fake Appwrite. */

import type { Core } from './core';

interface Delivery {
  webhookId: string;
  events: string[];
  status: number | null;
}

/** A webhook of the fake Appwrite. Its deliveries come to the routes of `fakeSession.gateway` or of a `site`, as its URL says. */
export class FakeWebhook {
  /** @internal */
  constructor(
    private readonly core: Core,
    readonly id: string,
    /** The key with which its deliveries are signed. */
    readonly key: string,
  ) {}

  /** What was delivered, or could not be: the names of the event, and the receiver's status. */
  get deliveries(): { events: string[]; status: number | undefined }[] {
    const all = this.core.control('GET', '/deliveries') as Delivery[];
    const own = all.filter(({ webhookId }) => webhookId === this.id);
    return own.map(({ events, status }) => ({ events, status: status ?? undefined }));
  }

  /** Waits until that many deliveries were tried. */
  async delivered(times = 1): Promise<void> {
    while (this.deliveries.length < times) {
      const all = this.core.control('GET', '/deliveries') as Delivery[];
      await this.core.call('delivered', all.length + 1);
    }
  }
}

/** Makes a webhook for these events. */
export function addWebhook(core: Core, url: string, events: string[]): FakeWebhook {
  const made = core.control('POST', '/webhooks', { url, events }) as { webhookId: string; key: string };
  return new FakeWebhook(core, made.webhookId, made.key);
}
