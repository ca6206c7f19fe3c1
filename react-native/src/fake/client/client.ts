/** One client of the fake module: its session, and its gateway calls. */

import { withoutUndefined } from '../../config';
import type { NativeChange, NativeConfig } from '../../NativeAppwriteSession';
import type { World } from '../world';
import { FakeStore } from '../world/device';
import { AppwriteApi } from './api';
import { Calls } from './calls';
import { checked } from './config';
import type { Published } from './ledger';
import { Session } from './session';
import { Transport } from './transport';
import { Vault } from './vault';

/** One client. */
export class FakeClient {
  readonly session: Session;
  readonly calls: Calls;
  /** The key of its record in the store. */
  readonly key: string;
  private readonly written: string;
  private readonly store: FakeStore;

  /** Fails with `config` if the configuration cannot work. */
  constructor(
    world: World,
    config: NativeConfig,
    readonly number: number,
    published: (change: NativeChange) => void,
  ) {
    const { endpoint, project, slot, gateways, totalMs, attempts, responseLimit } = checked(config);
    world.appwrite.serve(endpoint);
    for (const { origin } of gateways) world.gateways.add(origin);
    const transport = new Transport(world.network, totalMs, attempts);
    this.calls = new Calls(gateways, project, responseLimit, transport, () => this.session);
    const { device } = world;
    const durable = config.persistence !== 'memory_only';
    this.written = JSON.stringify(config);
    this.key = `${endpoint}#${project}#${slot}`;
    this.store = durable ? device.store(device.next.store) : new FakeStore();
    const vault = new Vault(device, {
      store: this.store,
      key: this.key,
      readOnly: config.readOnly,
      durable,
      installation: config.forgetAfterReinstall ? device.next.installation : undefined,
    });
    this.session = new Session({
      api: new AppwriteApi(transport, endpoint, project),
      vault,
      project,
      presence: config.presence,
      user: device.presence,
      forgetCookies: () => {
        this.calls.jars.clear();
      },
      published: (change) => {
        published(this.toNative(change));
      },
    });
  }

  /** The last change. */
  get change(): NativeChange {
    return this.toNative(this.session.ledger.change);
  }

  /** Whether it was built from an equal configuration. */
  wasBuiltFrom(config: NativeConfig): boolean {
    return this.written === JSON.stringify(config);
  }

  /** Begins again, as after a start of the app. */
  restart(): void {
    if (this.session.ledger.vault.persistence === 'memory_only') this.store.reset();
    this.calls.jars.clear();
    this.session.restart();
  }

  private toNative({ number, state, persistence }: Published): NativeChange {
    const user = state.kind === 'signed_in' ? state.user : undefined;
    return withoutUndefined<NativeChange>({
      client: this.number,
      number,
      kind: state.kind,
      reason: state.kind === 'signed_out' ? state.reason : undefined,
      factors: state.kind === 'mfa_required' ? state.factors : [],
      userId: user?.id,
      userName: user?.name,
      userEmail: user?.email,
      verified: state.kind === 'signed_in' && state.verified,
      persistence,
    });
  }
}
