/**
 * Executes the conductor's commands. Each command is one call of the package's TypeScript API.
 *
 * All agents in JavaScript use it: the one with the fake for jest (`checks/fake-agent`), and the one with the real Kotlin module
 * (`checks/jvm`). They differ in their `Host`: the device below the native module. An agent is then
 *
 *     import { Commands } from '../agent/commands';
 *     import { listen } from '../agent/protocol';
 *
 *     const commands = new Commands(host);
 *     listen((command, signal) => commands.carryOut(command, signal)).then(end);
 *
 * where `react-native` is a stand-in whose `TurboModuleRegistry.getEnforcing('AppwriteSession')` gives the module under test.
 *
 * The API is used as an app uses it. An unknown command is passed to `host.other`, and answered `unknown` if that does not know it
 * either.
 *
 * A call is cancelled by its AbortSignal. For every other command the agent stops waiting, since JavaScript cannot cancel a promise:
 * the work goes on, and its result is dropped.
 */

import type { Accounts, Factor, FetchInit, Presence, SessionClient, SessionConfig, SessionState } from '../../src';
import { createAccounts, createSessionClient, SessionError } from '../../src';
import { accountOperations, performOfAccounts } from './accounts';
import type { Answer, Command } from './protocol';
import * as encode from './encode';
import { operations, perform } from './operations';

/** What is wrong with a store; `throws` is an exception that no store should throw. */
export type Fault = 'locked' | 'corrupt' | 'unavailable' | 'throws';

/** The device, and the app's own HTTP client. Every member may answer later. */
export interface Host {
  /**
   * Called before each client is built: its store is the one of that name, made at its first mention, and its marker of the
   * installation, if there is one, the file of that name. The next `createClient` of the native module uses both.
   */
  prepare(store: string, installation: string | undefined): void | Promise<void>;
  /** Lets a store fail in that way from now on, or heals it. A store that was set aside after `corrupt` is healed by that. */
  setFault(store: string, fault: Fault | null): void | Promise<void>;
  /** Whether the user passes the presence check; true at first. */
  setPresent(present: boolean): void | Promise<void>;
  /** How often the user was asked. */
  asked(): number | Promise<number>;
  /** A request by an HTTP client of the app's own, which follows no redirect. */
  http(method: string, url: string, headers: Record<string, string>): Promise<{ status: number; text: string }>;
  /** A command that is not of the client; `undefined` if it is not known. */
  other?(command: Command): Promise<Answer | undefined>;
  /** Writes a file whose byte at index i is i modulo 251. */
  writeFile(name: string, bytes: Uint8Array): void | Promise<void>;
  /** The URI of the file of that name, whether or not there is one. */
  uriOf(name: string): string;
}

const FAULTS: readonly unknown[] = ['locked', 'corrupt', 'unavailable', 'throws'] satisfies Fault[];

/** A client, and the states that its observer has heard. */
interface Observed {
  client: SessionClient;
  heard: SessionState[];
}

/** The clients of one run. */
export class Commands {
  private readonly clients = new Map<string, Observed>();
  private accounts: Accounts | undefined;

  constructor(private readonly host: Host) {}

  /** Carries a command out. */
  async carryOut(command: Command, signal: AbortSignal): Promise<Answer> {
    const cancelled = new Promise<Answer>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve({ cancelled: true });
      });
    });
    const done = this.tryOut(command, signal).catch((thrown: unknown): Answer =>
      isAbort(thrown) ? { cancelled: true } : { error: encode.error(thrown) },
    );
    // For a call, the API itself must report the cancellation.
    return command.do === 'call' ? done : Promise.race([done, cancelled]);
  }

  private async tryOut(command: Command, signal: AbortSignal): Promise<Answer> {
    const { host } = this;
    switch (command.do) {
      case 'store': {
        const fault = command.fault ?? null;
        if (fault !== null && !FAULTS.includes(fault)) {
          return { unknown: 'store with such a fault' };
        }
        await host.setFault(text(command, 'store'), fault as Fault | null);
        return { ok: null };
      }
      case 'user':
        await host.setPresent(command.present === true);
        return { ok: null };
      case 'file':
        await host.writeFile(
          text(command, 'name'),
          Uint8Array.from({ length: command.length as number }, (_, at) => at % 251),
        );
        return { ok: null };
      case 'asked':
        return { ok: await host.asked() };
      case 'build':
        await this.prepare(command);
        this.observe(text(command, 'client'), createSessionClient(config(command)));
        return { ok: null };
      case 'build_accounts':
        await this.prepare(command);
        this.accounts = createAccounts(config(command));
        return { ok: null };
    }
    const ofAccounts = this.accounts && (await this.tellAccounts(this.accounts, command));
    if (ofAccounts) return ofAccounts;
    const observed = this.clients.get(text(command, 'client'));
    const result = observed && (await this.tell(observed, command, signal));
    return result ?? (await host.other?.(command)) ?? { unknown: command.do };
  }

  /** The commands of a client. */
  private async tell({ client, heard }: Observed, command: Command, signal: AbortSignal): Promise<Answer | undefined> {
    const of = (name: string) => text(command, name);
    switch (command.do) {
      case 'restored':
        return { ok: encode.state(await client.restored()) };
      case 'resume':
        return { ok: encode.state(await client.resume()) };
      case 'pause':
        client.pause();
        return { ok: null };
      case 'state':
        return { ok: encode.state(client.state) };
      case 'persistence':
        return { ok: client.persistence };
      case 'changes':
        return { ok: heard.map(encode.state) };
      case 'sign_up_with_email':
        return {
          ok: encode.account(await client.signUpWithEmail(of('email'), of('password'), optional(command, 'name'))),
        };
      case 'sign_in_with_email':
        return { ok: encode.state(await client.signInWithEmail(of('email'), of('password'))) };
      case 'sign_in_anonymously':
        return { ok: encode.state(await client.signInAnonymously()) };
      case 'sign_in_with_token':
        return { ok: encode.state(await client.signInWithToken(of('userId'), of('secret'))) };
      case 'create_mfa_challenge':
        return { ok: { id: (await client.createMfaChallenge(of('factor') as Factor)).id } };
      case 'complete_mfa_challenge':
        return { ok: encode.state(await client.completeMfaChallenge({ id: of('challenge') }, of('code'))) };
      case 'sign_out':
        await client.signOut();
        return { ok: null };
      case 'sign_out_everywhere':
        await client.signOutEverywhere();
        return { ok: null };
      case 'import':
        return { ok: (await client.importSession(of('left'))).outcome };
      case 'account':
        return { ok: encode.account(await client.account()) };
      case 'sessions':
        return { ok: (await client.sessions()).map(encode.session) };
      case 'current_session':
        return { ok: encode.session(await client.currentSession()) };
      case 'extend_session':
        return { ok: encode.session(await client.extendSession()) };
      case 'revoke_session':
        await client.revokeSession(of('session'));
        return { ok: null };
      case 'operations':
        return { ok: operations };
      case 'operation':
        return perform(client, of('name'), command.args as unknown[]);
      case 'call':
        return { ok: await this.send(client, command, signal) };
      case 'native_call':
        return { ok: await this.nativeCall(client, of('method'), of('target')) };
      case 'close':
        await client.close();
        return { ok: null };
      default:
        return undefined;
    }
  }

  /** The commands of the accounts. */
  private async tellAccounts(accounts: Accounts, command: Command): Promise<Answer | undefined> {
    switch (command.do) {
      case 'accounts':
        return performOfAccounts(accounts, text(command, 'name'), command.args as unknown[], (client) => {
          this.observe(text(command, 'client'), client);
        });
      case 'accounts_state':
        return { ok: accounts.state ?? null };
      case 'account_operations':
        return { ok: accountOperations };
      case 'close_accounts':
        await accounts.close();
        return { ok: null };
      default:
        return undefined;
    }
  }

  private async prepare(command: Command): Promise<void> {
    await this.host.prepare(text(command, 'store'), optional(command, 'installation'));
  }

  /** Makes a client known under that name, and listens to it. */
  private observe(name: string, client: SessionClient): void {
    const heard: SessionState[] = [];
    client.changes((change) => heard.push(change.state));
    this.clients.set(name, { client, heard });
  }

  /** A call of a gateway. The progress of a call with files is part of its result. */
  private async send(client: SessionClient, command: Command, signal: AbortSignal) {
    const uploads = command.file !== undefined || command.form !== undefined;
    const progress: { up?: { bytes: number; total: number | null } } = {};
    const answer = await client.fetch(text(command, 'target'), {
      method: text(command, 'method'),
      headers: command.headers as Record<string, string> | undefined,
      body: this.body(command),
      timeoutMs: command.timeoutMs as number | undefined,
      idempotent: command.repeatable as boolean | undefined,
      onProgress: uploads
        ? ({ direction, bytes, total = null }) => {
            if (direction === 'up') progress.up = { bytes, total };
          }
        : undefined,
      signal,
    });
    const response = encode.response(answer.status, await answer.text());
    return { ...response, url: answer.url, redirected: answer.redirected, ...(uploads && { progress }) };
  }

  private body(command: Command): FetchInit['body'] {
    const { host } = this;
    const file = command.file as { name: string; type?: string } | undefined;
    if (file) return { uri: host.uriOf(file.name), type: file.type };
    const fields = command.form as { name: string; text?: string; file?: string; type?: string; fileName?: string }[];
    if (!command.form) return optional(command, 'body');
    // The FormData of React Native, which those of browsers and of Node are not.
    const form = Object.assign(new FormData(), {
      entries: undefined,
      getParts: () =>
        fields.map(({ name, text: string, file: source, type, fileName }) => {
          const part = { fieldName: name, headers: {} };
          return source === undefined
            ? { ...part, string }
            : { ...part, uri: host.uriOf(source), type, name: fileName };
        }),
    });
    return form as unknown as FormData;
  }

  /** A call with an HTTP client of the app's own. */
  private async nativeCall(client: SessionClient, method: string, target: string) {
    const authorization = await client.authorize(target).catch((thrown: unknown) => {
      // An app's own client calls other hosts as well, without the credential.
      if (thrown instanceof SessionError && thrown.code === 'origin_not_allowed') {
        return undefined;
      }
      throw thrown;
    });
    const answer = await this.host.http(method, target, authorization?.headers ?? {});
    if (answer.status === 401 && authorization) await client.reportUnauthorized(authorization);
    return encode.response(answer.status, answer.text);
  }
}

/** The configuration of a client, as an app would write it. */
function config(command: Command): SessionConfig {
  const presence = command.presence as Pick<Presence, 'policy'> | undefined;
  return {
    endpoint: text(command, 'endpoint'),
    project: text(command, 'project'),
    gateways: command.gateways as SessionConfig['gateways'],
    accountSlot: optional(command, 'slot'),
    attempts: command.attempts as number | undefined,
    timeouts: { totalMs: command.totalTimeoutMs as number | undefined },
    readOnly: command.readOnly === true,
    forgetAfterReinstall: command.installation !== undefined,
    presence: presence && ({ ...presence, title: 'Unlock', cancel: 'Cancel' } as Presence),
  };
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}

function optional(command: Command, name: string): string | undefined {
  const value = command[name];
  return typeof value === 'string' ? value : undefined;
}

function text(command: Command, name: string): string {
  return optional(command, name) ?? '';
}
