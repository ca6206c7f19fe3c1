/** One record in one store: reads it, remembers what it read, and writes it. */

import type { Device, FakeStore } from '../world/device';
import { StoreFailure } from '../world/device';
import type { User } from './state';

/** A session as it is stored. */
export interface StoredSession {
  blob: string;
  sessionId: string;
  user: User | undefined;
  missingFactors: string[] | undefined;
}

/** Everything that outlives the process: the session, and the sessions that must still be revoked at Appwrite. */
export interface StoredRecord {
  session: StoredSession | undefined;
  revocations: string[];
  installation: string | undefined;
}

/** The result of reading the store. */
export type Loaded = { is: 'nothing' } | { is: 'lost' } | { is: 'found' | 'reinstalled'; record: StoredRecord };

/** The result of reading the store again. */
export type Reread = { is: 'same' } | { is: 'gone' } | { is: 'changed'; record: StoredRecord };

/** Where a client's record is, and what the client may do with it. */
export interface VaultOptions {
  store: FakeStore;
  key: string;
  readOnly: boolean;
  durable: boolean;
  /** The name of the marker of this installation, if a new installation should be noticed. */
  installation: string | undefined;
}

/** One record in one store. */
export class Vault {
  private seen: string | undefined;

  constructor(
    private readonly device: Device,
    private readonly options: VaultOptions,
  ) {}

  get readOnly(): boolean {
    return this.options.readOnly;
  }

  get persistence(): string {
    return this.options.durable ? 'durable' : 'memory_only';
  }

  /** Whether records say which installation wrote them. */
  get marksInstallations(): boolean {
    return this.options.installation !== undefined && !this.readOnly;
  }

  /** Reads the record. A corrupt one is set aside. */
  load(): Loaded {
    const record = this.read();
    if (record === undefined || record === 'nonsense') {
      return { is: record === 'nonsense' ? 'lost' : 'nothing' };
    }
    const { installation } = this.options;
    const isAnother =
      installation !== undefined &&
      record.installation !== undefined &&
      record.installation !== this.device.marker(installation);
    return { is: isAnother ? 'reinstalled' : 'found', record };
  }

  /** Reads the record again. */
  reread(): Reread {
    const before = this.seen;
    const record = this.read();
    if (record === undefined || record === 'nonsense') {
      return { is: 'gone' };
    }
    return before === this.seen ? { is: 'same' } : { is: 'changed', record };
  }

  /** Writes the record, or removes it if it is empty. A read-only client does nothing. */
  save({ session, revocations }: StoredRecord): void {
    const { store, key } = this.options;
    if (this.readOnly) {
      return;
    }
    if (!session && revocations.length === 0) {
      calling(() => {
        store.clear(key);
      });
      this.seen = undefined;
      return;
    }
    const name = this.options.installation;
    const installation = name === undefined ? undefined : this.device.writtenMarker(name);
    const text = JSON.stringify({ session, revocations, installation });
    calling(() => {
      store.save(key, text);
    });
    this.seen = text;
  }

  private read(): StoredRecord | 'nonsense' | undefined {
    const { store, key } = this.options;
    let text: string | undefined;
    try {
      text = calling(() => store.load(key));
    } catch (failure) {
      if (!(failure instanceof StoreFailure) || failure.fault !== 'corrupt') {
        throw failure;
      }
      if (!this.readOnly) {
        store.quarantine(key);
      }
      this.seen = undefined;
      return 'nonsense';
    }
    this.seen = text;
    return text === undefined ? undefined : (JSON.parse(text) as StoredRecord);
  }
}

/** Every unexpected exception of a store means that the store is unavailable. */
function calling<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw thrown instanceof StoreFailure ? thrown : new StoreFailure('unavailable');
  }
}
