/** The platform's screens for sign-ins, and what the user does with them. */

import type { ScreenFault } from '../errors';
import type { NativeError } from '../NativeAppwriteSession';
import type { FakeBrowser } from './browser';
import { Failure, type Core, type HttpAnswer } from './core';

/** Somebody's account at Google or Apple. A `FakeUser` is one, too. */
export interface FakeAccount {
  /** The id of the account. Whoever has the same one is the same person. The e-mail address if not set. */
  readonly id?: string | undefined;
  readonly email?: string | undefined;
  readonly name?: string | undefined;
}

/** What the user does with a screen: an answer as text, `null` for closing it, or a failure. */
type Answer = (input: string, screen: string) => Promise<string | null>;

/** A screen that is open. */
interface Open {
  readonly show: (answer: Answer) => Promise<string | null>;
  readonly answer: (answer: Promise<string | null>) => void;
}

/** A screen of the platform. What is said here holds until something else is said, or the world is reset. */
export class FakeScreen {
  /** How often it was shown. */
  shown = 0;
  private open: Open | undefined;
  private answer: Answer | undefined;

  /** `usual` is what happens unless a test says something else. @internal */
  constructor(private readonly usual: Answer) {
    this.answer = usual;
  }

  /** Whether it is open now. */
  get isOpen(): boolean {
    return this.open !== undefined;
  }

  /** The user closes it. */
  cancels(): void {
    this.does(() => Promise.resolve(null));
  }

  /** It fails: the app's call is rejected with `screen_failed` and this `detail`. */
  fails(fault: ScreenFault): void {
    this.does(() => Promise.reject(screenFailed(fault)));
  }

  /** It stays open, until a test says what the user does. */
  stays(): void {
    this.answer = undefined;
  }

  /** @internal */
  protected does(answer: Answer): void {
    this.answer = answer;
    const { open } = this;
    this.open = undefined;
    open?.answer(open.show(answer));
  }

  /** Shows it. @internal */
  show(screen: string, input: string): Promise<string | null> {
    this.shown++;
    const show = (answer: Answer) => answer(input, screen);
    if (this.answer) return show(this.answer);
    return new Promise((resolve) => {
      this.open = { show, answer: resolve };
    });
  }

  /** The app has ended, and the screen with it. @internal */
  end(): void {
    this.open?.answer(Promise.reject(closed()));
    this.open = undefined;
  }

  /** @internal */
  reset(): void {
    this.end();
    this.shown = 0;
    this.answer = this.usual;
  }
}

/** The screen of Google or Apple. At first there is no account on the device: it fails with `nothing_to_offer`. */
export class FakeIdTokenScreen extends FakeScreen {
  /** Whose names Apple has given. It gives each once. */
  private readonly named = new Set<string>();
  /** The names that Appwrite does not have yet, by user. The module for iOS keeps them in a file. */
  private readonly kept = new Map<string, string>();
  /** Whose tokens they are. */
  private readonly users = new Map<string, string>();

  /** @internal */
  constructor(
    private readonly core: Core,
    private readonly provider: 'google' | 'apple',
  ) {
    super(() => Promise.reject(screenFailed('nothing_to_offer')));
  }

  /**
   * The user chooses this account. If a user of Appwrite has its e-mail address, or has signed in with it before, that user is signed in; otherwise
   * Appwrite makes one.
   */
  answers(account: FakeAccount): void {
    this.does((input) => Promise.resolve(JSON.stringify(this.token(account, input))));
  }

  /** @internal */
  override reset(): void {
    super.reset();
    for (const known of [this.named, this.kept, this.users]) known.clear();
  }

  /** An operation has succeeded: once Appwrite has taken a token, the name that came with it is not kept any more. @internal */
  performed(operation: string, argumentsJson: string): void {
    if (operation !== 'signInWithIdToken' && operation !== 'identities.link') return;
    const [provider, token] = JSON.parse(argumentsJson) as [string, string];
    if (provider === this.provider) this.kept.delete(this.users.get(token) ?? '');
  }

  private token(account: FakeAccount, input: string): object {
    const { nonce, serverClientId } = JSON.parse(input) as { nonce: string; serverClientId?: string };
    const { email, name } = account;
    const sub = account.id ?? email;
    if (sub === undefined) throw new Error('the account needs an id or an email');
    const isFirst = !this.named.has(sub);
    this.named.add(sub);
    // The token has the nonce as the screen was given it. The name is in Google's tokens, and beside Apple's.
    const wanted = {
      sub,
      email,
      claims: { nonce },
      ...(serverClientId ? { audience: this.admitted(serverClientId) } : {}),
    };
    const { idToken } = this.control('POST', { ...wanted, name: this.provider === 'google' ? name : undefined }) as {
      idToken: string;
    };
    if (this.provider === 'google') return { token: idToken, name };
    this.users.set(idToken, sub);
    if (name && isFirst) this.kept.set(sub, name);
    return { token: idToken, name: this.kept.get(sub) };
  }

  /** The project at Appwrite has this client id among those of its provider. */
  private admitted(clientId: string): string {
    const { clientIds } = this.control('GET') as { clientIds: string[] };
    if (!clientIds.includes(clientId)) this.control('PATCH', { clientIds: [...clientIds, clientId] });
    return clientId;
  }

  private control(method: string, body?: object): unknown {
    return this.core.control(method, `/id-tokens/${this.provider}`, body);
  }
}

/** The screen for passkeys, which keeps the passkeys of the device. The user goes through with it unless a test says something else. */
export class FakePasskeyScreen extends FakeScreen {
  private readonly goesThrough: Answer;
  /** The number of the device. A new one has no passkeys. */
  private device = 1;

  /** @internal */
  constructor(private readonly core: Core) {
    const goesThrough: Answer = (input, screen) => Promise.resolve(this.use(screen, input));
    super(goesThrough);
    this.goesThrough = goesThrough;
  }

  /** The user goes through with it, as at first. Without a passkey for this app it fails with `nothing_to_offer`. */
  answers(): void {
    this.does(this.goesThrough);
  }

  /** The device has no passkeys any more, as a new phone. */
  forgets(): void {
    this.device++;
  }

  /** @internal */
  override reset(): void {
    super.reset();
    this.device = 1;
  }

  private use(screen: string, options: string): string {
    const what = screen === 'passkey_create' ? 'create' : 'get';
    const path = `/authenticators/device-${this.device}/${what}`;
    const answer = this.core.tell({ do: 'control', method: 'POST', path, body: { publicKey: options } }) as HttpAnswer;
    if (answer.status < 400) return answer.body;
    // It has no passkey for these options, or has one that must not be made again.
    throw what === 'get' ? screenFailed('nothing_to_offer') : new Failure(EXISTS);
  }
}

/** The user's browser, as the app shows it. The user goes through with a sign-in unless a test says something else. */
export class FakeBrowserScreen extends FakeScreen {
  private readonly goesThrough: Answer;
  /** The URL that has opened the app while nobody waited. */
  private opened: string | null = null;

  /** @internal */
  constructor(
    private readonly browser: FakeBrowser,
    private readonly restart: () => void,
  ) {
    const goesThrough: Answer = async (input) => JSON.stringify({ url: await this.browse(input, false) });
    super(goesThrough);
    this.goesThrough = goesThrough;
  }

  /** The user goes through with the sign-in, as at first. */
  answers(): void {
    this.does(this.goesThrough);
  }

  /** The user declines at the provider, which returns to the app without a session. */
  declines(): void {
    this.does(async (input) => JSON.stringify({ url: await this.browse(input, true) }));
  }

  /**
   * The system ends the app while the browser is open. The user goes through with the sign-in, and that starts the app anew: the client completes the
   * sign-in by itself. The call that showed the browser is rejected with `closed`.
   */
  endsApp(): void {
    this.does(async (input) => {
      this.opened = await this.browse(input, false);
      this.restart();
      throw closed();
    });
  }

  /** See `takeCallback` of the specification. @internal */
  takeCallback(): string | null {
    const { opened } = this;
    this.opened = null;
    return opened;
  }

  /** @internal */
  override reset(): void {
    super.reset();
    this.opened = null;
  }

  private browse(input: string, decline: boolean): Promise<string> {
    const { url } = JSON.parse(input) as { url: string };
    return this.browser.open(url, { decline });
  }
}

/** Every screen of the platform. */
export class FakeScreens {
  /** Google's screen. */
  readonly google: FakeIdTokenScreen;
  /** Apple's screen. */
  readonly apple: FakeIdTokenScreen;
  /** The screen for passkeys. */
  readonly passkey: FakePasskeyScreen;
  /** The browser, for `signInWithOAuth2`. */
  readonly browser: FakeBrowserScreen;

  /** @internal */
  constructor(core: Core, browser: FakeBrowser, restart: () => void) {
    this.google = new FakeIdTokenScreen(core, 'google');
    this.apple = new FakeIdTokenScreen(core, 'apple');
    this.passkey = new FakePasskeyScreen(core);
    this.browser = new FakeBrowserScreen(browser, restart);
  }

  /** See `showScreen` of the specification. @internal */
  async show(screen: string, input: string): Promise<string | null> {
    if (this.all.some(({ isOpen }) => isOpen)) throw screenFailed('interrupted');
    const shown = { google: this.google, apple: this.apple, browser: this.browser }[screen];
    return (shown ?? this.passkey).show(screen, input);
  }

  /** The app has ended, and what it showed with it. @internal */
  end(): void {
    for (const screen of this.all) screen.end();
  }

  /** @internal */
  reset(): void {
    for (const screen of this.all) screen.reset();
  }

  private get all(): FakeScreen[] {
    return [this.google, this.apple, this.passkey, this.browser];
  }
}

const failure = (code: string, message: string, more: Partial<NativeError> = {}): NativeError => ({
  ...{ code, message, retryable: false, mayHaveArrived: false },
  ...more,
});

const EXISTS = failure('already_exists', 'the device has a passkey of this account');

const screenFailed = (detail: ScreenFault): Failure =>
  new Failure(
    failure('screen_failed', `the platform's screen failed: ${detail}`, {
      detail,
      retryable: detail === 'interrupted',
    }),
  );

const closed = (): Failure => new Failure(failure('closed', 'the app has ended'));
