/** The core and its world as the rest of the fake sees them: commands, calls that take time, and what happens. */

import type {
  NativeAccountsState,
  NativeChange,
  NativeError,
  NativeHeader,
  NativeTransfer,
} from '../NativeAppwriteSession';
import { Instance } from './instance';

/** A refused command, or a call that failed. */
export class Failure extends Error {
  constructor(readonly native: NativeError) {
    super(native.message);
  }
}

/** A body: text, or bytes in base64. */
export interface Body {
  body: string;
  bodyIsBase64: boolean;
}

/** A complete answer. */
export type HttpAnswer = Body & { status: number; headers: NativeHeader[] };

/** A request to a server that JavaScript answers for. Nothing of it holds the credential. */
export type Asked = Body & {
  request: number;
  /** `gateway` or the origin of another site; null for a delivery of a webhook, whose URL says it. */
  site: string | null;
  method: string;
  url: string;
  headers: NativeHeader[];
  seen: { carrier: string; carriers: number; cookies: Record<string, string> };
};

/** How far a body has come, of the call with that number. */
export type Transferred = Omit<NativeTransfer, 'client'>;

type Event =
  | { is: 'settled'; call: number; ok?: unknown; error?: NativeError }
  | { is: 'change'; change: NativeChange }
  | { is: 'accounts'; event: NativeAccountsState }
  | { is: 'transfer'; transfer: Transferred }
  | (Asked & { is: 'request' });

interface Pending {
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
}

/** The number of the calls that are of no client. */
const NOBODY = 0;

/** The core and its world. */
export class Core {
  /** Gets every change of every client. */
  changed: (change: NativeChange) => void = () => undefined;
  /** Gets every state of all accounts. */
  accountsChanged: (event: NativeAccountsState) => void = () => undefined;
  /** Gets every transfer of every observed call. */
  transferred: (transfer: Transferred) => void = () => undefined;
  /** Answers for the app's gateways and other sites. */
  asked: (request: Asked) => Promise<HttpAnswer> = () => Promise.reject(new Error('nobody answers'));
  private instance: Instance | undefined;
  private readonly pending = new Map<number, Pending>();
  private last = 0;

  /** Obeys a command, and gives its result. */
  tell(command: { do: string } & Record<string, unknown>): unknown {
    const { ok, error } = this.instanceInUse().tell(command) as { ok?: unknown; error?: NativeError };
    if (error) throw new Failure(error);
    return ok;
  }

  /** Begins a call of a client, of nobody, or by `how: 'callAccounts'` of accounts. Gives its number, and its result. */
  begin(method: string, args: unknown[], client = NOBODY, how = 'call'): { call: number; result: Promise<unknown> } {
    const call = ++this.last;
    const result = new Promise<unknown>((resolve, reject) => {
      this.pending.set(call, { resolve, reject });
    });
    try {
      this.tell({ do: how, call, client, method, args });
    } catch (failure) {
      this.settle(call, (pending) => {
        pending.reject(failure);
      });
    }
    return { call, result };
  }

  /** As `begin`, for a call that is of no client. */
  call(method: string, ...args: unknown[]): Promise<unknown> {
    return this.begin(method, args).result;
  }

  /** Asks a control of the mock Appwrite that does not wait for anything: see `tests/mock-appwrite/README.md` in the repository. */
  control(method: string, path: string, body?: object): unknown {
    const answer = this.tell({ do: 'control', method, path, body }) as HttpAnswer;
    if (answer.status >= 400) throw new Error(`the mock Appwrite refused ${method} /_mock${path}: ${answer.body}`);
    return answer.body === '' ? undefined : (JSON.parse(answer.body) as unknown);
  }

  /** Whether a bug has ended the core. */
  get isBroken(): boolean {
    return this.instance?.isBroken ?? false;
  }

  /** Begins with a new instance, which has no clients. */
  renew(): void {
    this.instance?.end();
    this.instance = undefined;
  }

  /** @internal */
  instanceInUse(): Instance {
    this.instance ??= new Instance(
      (events) => {
        for (const event of events as Event[]) this.happened(event);
      },
      (broken) => {
        for (const call of [...this.pending.keys()]) {
          this.settle(call, (pending) => {
            pending.reject(broken);
          });
        }
      },
    );
    return this.instance;
  }

  private happened(event: Event): void {
    switch (event.is) {
      case 'settled':
        this.settle(event.call, ({ resolve, reject }) => {
          if (event.error) reject(new Failure(event.error));
          else resolve(event.ok ?? undefined);
        });
        break;
      case 'change':
        this.changed(event.change);
        break;
      case 'accounts':
        this.accountsChanged(event.event);
        break;
      case 'transfer':
        this.transferred(event.transfer);
        break;
      case 'request':
        void this.answer(event);
        break;
    }
  }

  private settle(call: number, how: (pending: Pending) => void): void {
    const pending = this.pending.get(call);
    this.pending.delete(call);
    if (pending) how(pending);
  }

  private async answer(request: Asked): Promise<void> {
    const { instance } = this;
    const answer = await this.asked(request).catch((thrown: unknown) => threw(request, thrown));
    // The world can have begun anew meanwhile, or have ended; then nobody waits for the answer.
    if (instance !== this.instance || this.isBroken) return;
    const tell = (how: HttpAnswer) => this.tell({ do: 'answer', request: request.request, answer: how });
    try {
      tell(answer);
    } catch (failure) {
      // It is no answer. If the core has ended, everybody was told.
      if (failure instanceof Failure) tell(threw(request, failure));
    }
  }
}

/** The answer of a server whose handler threw something. */
function threw({ method, url }: Asked, thrown: unknown): HttpAnswer {
  const body = JSON.stringify({ detail: `the handler of ${method} ${new URL(url).pathname} threw: ${String(thrown)}` });
  return { status: 500, headers: [{ name: 'content-type', value: 'application/json' }], body, bodyIsBase64: false };
}
