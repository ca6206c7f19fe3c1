/** The JVM of the harness, as JavaScript uses it: turbo-modules, and the device below them. `./build` has compiled it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';

import type { Spec } from '../../src/NativeAppwriteSession';
import type { Fault } from '../agent/commands';
import type { Wiring } from './worker';

/** How long a synchronous call may take, the start of the JVM included, in milliseconds. */
const LONGEST = 60_000;

type Settled = { id: number; resolved?: unknown; rejected?: Rejection };
type Event = { module: number; event: string; value: unknown };
type Rejection = { message: string };
type Listener = (value: unknown) => void;
type Waiting = { resolve: Listener; reject: Listener };

/** A module of the JVM, and what React Native does with it when JavaScript is gone. */
export type Loaded = { native: Spec; invalidate(): void };

/** Which threads settled promises, emitted events, used a store, or showed the dialog. */
export type Threads = { [what in 'promise' | 'event' | 'store' | 'presence']?: string[] };

/** A running JVM. */
export class Jvm {
  private readonly bell = new Int32Array(new SharedArrayBuffer(4));
  private readonly answers = new MessageChannel();
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private last = 0;
  private readonly ended: Promise<void>;

  /** Starts one. `build` is the folder that `./build` has filled. */
  constructor(build: string) {
    const wiring: Wiring = {
      args: [`@${join(build, 'java.arguments')}`],
      answers: this.answers.port1,
      bell: this.bell,
    };
    this.worker = new Worker(join(build, 'js/checks/jvm/worker.js'), {
      workerData: wiring,
      transferList: [this.answers.port1],
    });
    this.worker.on('message', (message: Settled | Event | { died: number }) => this.hear(message));
    this.ended = new Promise((resolve, reject) => {
      this.worker.on('exit', () => resolve());
      this.worker.on('error', reject);
    });
    if (!readFileSync(join(build, 'java.arguments'), 'utf8').includes('HarnessKt'))
      throw new Error('there is no harness');
  }

  /** A new module, as React Native makes one for each JavaScript. */
  load(): Loaded {
    const { module, methods } = this.now({ do: 'module' }) as { module: number; methods: Record<string, string> };
    const events = (name: string) => (listener: Listener) => {
      const all = this.listeners.get(`${module} ${name}`) ?? new Set();
      this.listeners.set(`${module} ${name}`, all.add(listener));
      return { remove: () => all.delete(listener) };
    };
    const native: Record<string, unknown> = {
      onChange: events('onChange'),
      onAccountsState: events('onAccountsState'),
      onTransfer: events('onTransfer'),
    };
    for (const [method, kind] of Object.entries(methods)) {
      const command = (given: unknown[]) => ({ do: 'call', module, method, arguments: given });
      native[method] = {
        sync: (...given: unknown[]) => this.now(command(given)),
        promise: (...given: unknown[]) => this.later(command(given)),
        void: (...given: unknown[]) => void this.write(command(given)),
      }[kind];
    }
    return { native: native as unknown as Spec, invalidate: () => void this.now({ do: 'invalidate', module }) };
  }

  /** The next client uses that store, and belongs to that installation. */
  prepare(store: string, installation: string | undefined): void {
    this.now({ do: 'prepare', store, installation });
  }

  /** Lets a store fail, or heals it. */
  setFault(store: string, fault: Fault | null): void {
    this.now({ do: 'fault', store, fault });
  }

  /** Whether the user passes the presence check. */
  setPresent(present: boolean): void {
    this.now({ do: 'present', present });
  }

  /** How often the user was asked. */
  asked(): number {
    return this.now({ do: 'asked' }) as number;
  }

  /** Which threads did what so far. */
  threads(): Threads {
    return this.now({ do: 'threads' }) as Threads;
  }

  /** Ends it. */
  end(): Promise<void> {
    this.worker.postMessage(null);
    return this.ended;
  }

  private write(command: object): number {
    this.last += 1;
    this.worker.postMessage(JSON.stringify({ id: this.last, ...command }));
    return this.last;
  }

  private later(command: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting.set(this.write(command), { resolve, reject });
    });
  }

  /** Waits for the answer without letting go of the thread, as JavaScript does for a synchronous method. */
  private now(command: object): unknown {
    const id = this.write(command);
    for (;;) {
      const heard = Atomics.load(this.bell, 0);
      const received = receiveMessageOnPort(this.answers.port2) as
        { message: { id: number; answer: unknown; died?: string } } | undefined;
      if (received?.message.died) throw new Error(received.message.died);
      if (received?.message.id === id) return received.message.answer;
      if (!received && Atomics.wait(this.bell, 0, heard, LONGEST) === 'timed-out')
        throw new Error('the JVM did not answer');
    }
  }

  private hear(message: Settled | Event | { died: number }): void {
    if ('event' in message) {
      this.listeners.get(`${message.module} ${message.event}`)?.forEach((listener) => listener(message.value));
    } else if ('id' in message) {
      const { resolve, reject } = this.waiting.get(message.id)!;
      this.waiting.delete(message.id);
      // A rejection is an Error with what the map holds, as React Native makes it.
      if (message.rejected) reject(Object.assign(new Error(message.rejected.message), message.rejected));
      else resolve(message.resolved);
    } else {
      this.waiting.forEach(({ reject }) => reject(new Error(`the JVM ended with ${message.died}`)));
    }
  }
}
