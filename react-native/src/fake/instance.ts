/** One instance of the module: hands commands in and events out, and runs its timers. */

import { decodeUtf8, encodeUtf8 } from '../fetch/utf8';
import { Clocks, wasi } from './wasi';
import { type Exports, instantiate } from './wasm';

/** A timer of the module that runs. */
interface Timer {
  handle: ReturnType<typeof setTimeout>;
}

/** The module does not work any more, because of a bug in it. */
export class Broken extends Error {
  override readonly name = 'Broken';
  /** The code of the `SessionError` that the app gets, with the text of this one. */
  readonly code = 'internal';
}

/** One instance of the module. */
export class Instance {
  /** @internal */
  readonly exports: Exports;
  private readonly clocks = new Clocks();
  private readonly timers = new Map<number, Timer>();
  private isWoken = false;
  private broken: Broken | undefined;

  /** `told` gets the events, and `failed` is called once if the module breaks. */
  constructor(
    private readonly told: (events: unknown[]) => void,
    private readonly failed: (broken: Broken) => void,
  ) {
    const memory = () => this.exports.memory.buffer;
    this.exports = instantiate({
      wasi_snapshot_preview1: wasi(this.clocks, memory),
      fake: {
        wake: () => {
          this.wake();
        },
        start_timer: (timer: number, millis: number) => {
          this.start(timer, millis);
        },
        stop_timer: (timer: number) => {
          this.stop(timer);
        },
        panicked: (at: number, length: number) => {
          this.broken = broken(decodeUtf8(new Uint8Array(memory(), at, length)));
        },
      },
    });
  }

  /** Whether a bug has ended it. */
  get isBroken(): boolean {
    return this.broken !== undefined;
  }

  /** Hands a command in, and gives the answer. */
  tell(command: object): unknown {
    return this.guarded(() => {
      const bytes = encodeUtf8(JSON.stringify(command));
      const at = this.exports.input(bytes.length);
      new Uint8Array(this.exports.memory.buffer, at, bytes.length).set(bytes);
      return this.output(this.exports.tell());
    });
  }

  /** Stops its timers. It is not used any more. */
  end(): void {
    for (const timer of [...this.timers.keys()]) this.stop(timer);
  }

  /** Runs it soon: after what runs now, and before any timer. */
  private wake(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    // Not by the global queueMicrotask or setTimeout, which fake timers replace.
    void Promise.resolve().then(() => {
      this.isWoken = false;
      this.run();
    });
  }

  private run(): void {
    const events = this.attempted(() => this.output(this.exports.run()) as unknown[]);
    if (events) this.told(events);
  }

  private start(timer: number, millis: number): void {
    const due = this.clocks.monotonic() + millis;
    const handle = setTimeout(() => {
      this.timers.delete(timer);
      this.clocks.reach(due);
      this.attempted(() => {
        this.exports.fire(timer);
      });
    }, millis);
    // Nobody has to wait for it before Node can end.
    if (typeof handle === 'object') (handle as { unref?: () => void }).unref?.();
    this.timers.set(timer, { handle });
  }

  private stop(timer: number): void {
    const running = this.timers.get(timer);
    if (running) clearTimeout(running.handle);
    this.timers.delete(timer);
  }

  private output(at: number): unknown {
    return JSON.parse(decodeUtf8(new Uint8Array(this.exports.memory.buffer, at, this.exports.output_length())));
  }

  /** Does `work` with the module. A panic or a trap ends the module: then everybody who waits is told, and every later use fails. */
  private guarded<T>(work: () => T): T {
    if (this.broken) throw this.broken;
    try {
      return work();
    } catch (trap) {
      throw this.breaks(trap);
    }
  }

  /** Does `work` with the module, for nobody in particular. If the module breaks, everybody who waits has been told already. */
  private attempted<T>(work: () => T): T | undefined {
    try {
      return this.guarded(work);
    } catch {
      return undefined;
    }
  }

  private breaks(trap: unknown): Broken {
    // A panic has said why already.
    const failure = this.broken ?? broken(String(trap));
    this.broken = failure;
    this.end();
    this.failed(failure);
    return failure;
  }
}

function broken(why: string): Broken {
  return new Broken(
    `the fake of react-native-appwrite-session is broken by a bug in it; please report it. fakeSession.reset() begins anew. ${why}`,
  );
}
