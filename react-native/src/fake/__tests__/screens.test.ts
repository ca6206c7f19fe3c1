/** Signing in with the platform's screens, over the real core and the mock Appwrite. */

import { fakeSession, type Profile } from '../index';
import { createSessionClient, type SessionClient, type SessionConfig } from '../../index';

const SERVER = 'shop.apps.googleusercontent.com';

let session: SessionClient;

const build = (more: Partial<SessionConfig> = {}) =>
  createSessionClient({
    endpoint: 'https://appwrite.example.com/v1',
    project: 'shop',
    gateways: ['https://api.example.com'],
    ...more,
  });

function begin(profile: Profile): void {
  fakeSession.reset({ profile });
  session = build();
}

beforeEach(() => {
  begin('2.7');
});

afterEach(() => session.close());

const newAda = () => fakeSession.user({ email: 'ada@example.com', password: 'correct horse', name: 'Ada' });
const paths = () => fakeSession.requests.map(({ method, path }) => `${method} ${path}`);
const EXCHANGE = 'POST /v1/account/sessions/id-token';
const { google, apple, passkey } = fakeSession.screens;

describe('Google', () => {
  const signIn = () => session.signInWithGoogle({ serverClientId: SERVER });

  test('signs in whoever has the address of the account, and makes who is new', async () => {
    const ada = newAda();
    google.answers(ada);
    const state = { kind: 'signedIn', user: { id: ada.id, name: 'Ada', email: 'ada@example.com' } };
    expect(await signIn()).toMatchObject({ kind: 'signedIn', state });
    expect(session.state).toMatchObject(state);
    expect(paths()).toEqual([EXCHANGE, 'GET /v1/account']);

    google.answers({ id: 'g-1', email: 'grace@example.com', name: 'Grace' });
    expect(await signIn()).toMatchObject({ state: { user: { name: 'Grace', email: 'grace@example.com' } } });
    expect(fakeSession.users).toHaveLength(2);
  });

  test('gets the hash of a nonce, new each time, and Appwrite the nonce itself', async () => {
    const show = jest.spyOn(fakeSession.module, 'showScreen');
    google.answers({ email: 'ada@example.com' });
    await signIn();
    await session.signInWithGoogle({ serverClientId: SERVER, button: true });
    const given = show.mock.calls.map(([, input]) => JSON.parse(input) as { nonce: string });
    show.mockRestore();
    expect(given).toEqual([
      { serverClientId: SERVER, button: false, nonce: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      { serverClientId: SERVER, button: true, nonce: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    ]);
    expect(given[0]?.nonce).not.toBe(given[1]?.nonce);
  });

  test('a user who closes the screen is an outcome, and nothing is sent', async () => {
    google.cancels();
    expect(await signIn()).toEqual({ kind: 'cancelled' });
    expect(session.state.kind).toBe('signedOut');
    expect(paths()).toEqual([]);
  });

  test('a screen that fails says why', async () => {
    await expect(signIn()).rejects.toMatchObject({
      code: 'screen_failed',
      detail: 'nothing_to_offer',
      isRetryable: false,
    });
    google.fails('not_set_up');
    await expect(signIn()).rejects.toMatchObject({ name: 'SessionError', code: 'screen_failed', detail: 'not_set_up' });
    expect(paths()).toEqual([]);
  });

  test('what cannot be a client id is said before a screen is shown', async () => {
    for (const serverClientId of ['  ', undefined as never, 7 as never]) {
      await expect(session.signInWithGoogle({ serverClientId })).rejects.toMatchObject({ code: 'config' });
    }
    await expect(session.signInWithGoogle(undefined as never)).rejects.toMatchObject({ code: 'config' });
    expect(google.shown).toBe(0);
  });

  test('an Appwrite that is too old is said as such', async () => {
    await session.close();
    begin('1.9');
    google.answers(newAda());
    await expect(signIn()).rejects.toMatchObject({ code: 'unsupported', detail: '2.1' });
  });

  test('links the account to an anonymous user, who stays the same', async () => {
    await session.signInAnonymously();
    const { user } = session.state as { user: { id: string } };
    google.answers({ email: 'ada@example.com', name: 'Ada' });
    const linked = await session.identities.linkGoogle({ serverClientId: SERVER });
    expect(linked).toMatchObject({ kind: 'signedIn', state: { kind: 'signedIn', user: { id: user.id } } });
    expect(await session.identities.list()).toMatchObject([{ provider: 'google', email: 'ada@example.com' }]);
    google.cancels();
    expect(await session.identities.linkGoogle({ serverClientId: SERVER })).toEqual({ kind: 'cancelled' });
  });
});

describe('Apple', () => {
  test('signs in, and links', async () => {
    apple.answers({ id: 'a-1', email: 'hidden@privaterelay.example', name: 'Ada Lovelace' });
    expect(await session.signInWithApple()).toMatchObject({
      state: { kind: 'signedIn', user: { name: 'Ada Lovelace' } },
    });
    apple.answers({ id: 'a-2', email: 'other@example.com' });
    expect(await session.identities.linkApple()).toMatchObject({ kind: 'signedIn' });
    expect(await session.identities.list()).toHaveLength(2);
  });

  test('the name of the first time is not lost if nothing could be sent', async () => {
    apple.answers({ id: 'offline', email: 'ada@example.com', name: 'Ada Lovelace' });
    fakeSession.offline();
    await expect(session.signInWithApple()).rejects.toMatchObject({ code: 'network', mayHaveArrived: false });
    fakeSession.online();
    fakeSession.restart();
    expect(await session.signInWithApple()).toMatchObject({ state: { user: { name: 'Ada Lovelace' } } });
    expect(apple.shown).toBe(2);
  });

  test('the name is sent no more once Appwrite has it', async () => {
    const call = jest.spyOn(fakeSession.module, 'call');
    apple.answers({ id: 'a-1', email: 'ada@example.com', name: 'Ada Lovelace' });
    await session.signInWithApple();
    await session.signOut();
    await session.signInWithApple();
    const sent = call.mock.calls.filter(([, operation]) => operation === 'signInWithIdToken');
    call.mockRestore();
    expect(sent.map(([, , args]) => (JSON.parse(args) as unknown[])[4] ?? null)).toEqual(['Ada Lovelace', null]);
  });

  test('the name of the first time is not lost if Appwrite could do nothing with the token', async () => {
    apple.answers({ id: 'unavailable', email: 'ada@example.com', name: 'Ada Lovelace' });
    fakeSession.fault(EXCHANGE, { status: 503 });
    await expect(session.signInWithApple()).rejects.toMatchObject({ code: 'appwrite_unavailable' });
    expect(await session.signInWithApple()).toMatchObject({ state: { user: { name: 'Ada Lovelace' } } });
  });

  test('nobody gets the name of somebody else', async () => {
    apple.answers({ id: 'one', email: 'one@example.com', name: 'One' });
    fakeSession.offline();
    await expect(session.signInWithApple()).rejects.toMatchObject({ code: 'network' });
    fakeSession.online();
    apple.answers({ id: 'two', email: 'two@example.com' });
    expect(await session.signInWithApple()).toMatchObject({ state: { user: { name: '', email: 'two@example.com' } } });
  });
});

describe('passkeys', () => {
  test('one is registered, and signs in without a name', async () => {
    const ada = newAda();
    await session.signInWithEmail('ada@example.com', 'correct horse');
    const registered = await session.passkeys.register('My phone');
    expect(registered).toMatchObject({ kind: 'registered', passkey: { name: 'My phone' } });
    expect(await session.passkeys.list()).toMatchObject([{ name: 'My phone' }]);
    await session.signOut();
    const signedIn = { kind: 'signedIn', state: { kind: 'signedIn', user: { id: ada.id } } };
    expect(await session.signInWithPasskey()).toMatchObject(signedIn);
    expect(passkey.shown).toBe(2);
  });

  test('a user who closes the screen is an outcome, of both', async () => {
    newAda();
    passkey.cancels();
    expect(await session.signInWithPasskey()).toEqual({ kind: 'cancelled' });
    await session.signInWithEmail('ada@example.com', 'correct horse');
    expect(await session.passkeys.register()).toEqual({ kind: 'cancelled' });
    expect(await session.passkeys.list()).toEqual([]);
  });

  test('a device without one has nothing to offer, and one has no second of the same user', async () => {
    newAda();
    await session.signInWithEmail('ada@example.com', 'correct horse');
    await session.passkeys.register();
    await expect(session.passkeys.register()).rejects.toMatchObject({ code: 'already_exists' });
    passkey.forgets();
    await expect(session.signInWithPasskey()).rejects.toMatchObject({
      code: 'screen_failed',
      detail: 'nothing_to_offer',
    });
  });

  test('nothing is shown if Appwrite has none', async () => {
    await session.close();
    begin('1.9');
    await expect(session.signInWithPasskey()).rejects.toMatchObject({ code: 'unsupported', detail: '2.5' });
    expect(passkey.shown).toBe(0);
  });
});

describe('another user who signs in while the screen is open', () => {
  /** Signs in as Bob while `screen` is open for `asked`, and lets the user answer it then. */
  async function meanwhile(
    screen: { isOpen: boolean; stays(): void },
    asked: () => Promise<unknown>,
    answer: () => void,
  ) {
    await session.signInAnonymously();
    screen.stays();
    const outcome = asked().catch((error: unknown) => error);
    for (let times = 0; !screen.isOpen && times < 500; times++) await new Promise(setImmediate);
    fakeSession.user({ email: 'bob@example.com', password: 'correct horse', name: 'Bob' });
    await session.signInWithEmail('bob@example.com', 'correct horse');
    answer();
    expect(await outcome).toMatchObject({ code: 'superseded', mayHaveArrived: false });
  }

  test('gets no account linked that somebody else has chosen', async () => {
    await meanwhile(
      google,
      () => session.identities.linkGoogle({ serverClientId: SERVER }),
      () => {
        google.answers({ email: 'ada@example.com' });
      },
    );
    expect(paths()).not.toContain(EXCHANGE);
    expect(await session.identities.list()).toEqual([]);
  });

  test('gets no passkey that somebody else has made', async () => {
    await meanwhile(
      passkey,
      () => session.passkeys.register(),
      () => {
        passkey.answers();
      },
    );
    expect(await session.passkeys.list()).toEqual([]);
  });
});

describe('one screen at a time', () => {
  const signIn = () => session.signInWithGoogle({ serverClientId: SERVER });

  /** Waits until a screen is open. */
  const isOpen = async (screen: { readonly isOpen: boolean }) => {
    for (let times = 0; !screen.isOpen && times < 500; times++) await new Promise(setImmediate);
    expect(screen.isOpen).toBe(true);
  };

  test('a double tap shows one screen, and both taps get its outcome', async () => {
    google.stays();
    const taps = [signIn(), signIn()];
    await isOpen(google);
    const late = signIn();
    google.answers(newAda());
    const outcomes = await Promise.all([...taps, late]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['signedIn', 'signedIn', 'signedIn']);
    expect([google.shown, paths().filter((path) => path === EXCHANGE).length]).toEqual([1, 1]);
  });

  test('another screen meanwhile is refused, and disturbs nothing', async () => {
    google.stays();
    const first = signIn();
    const interrupted = { code: 'screen_failed', detail: 'interrupted', isRetryable: true };
    await expect(session.signInWithApple()).rejects.toMatchObject(interrupted);
    await isOpen(google);
    await expect(session.signInWithOAuth2('github')).rejects.toMatchObject(interrupted);
    await expect(session.signInWithGoogle({ serverClientId: SERVER, button: true })).rejects.toMatchObject(interrupted);
    const other = build({ accountSlot: 'second' });
    await expect(other.signInWithGoogle({ serverClientId: SERVER })).rejects.toMatchObject(interrupted);
    await other.close();
    // Nothing was begun for them, either.
    await expect(session.signInWithPasskey()).rejects.toMatchObject(interrupted);
    expect(paths()).toEqual([]);
    google.answers(newAda());
    expect(await first).toMatchObject({ kind: 'signedIn' });
    expect([apple.shown, fakeSession.screens.browser.shown]).toEqual([0, 0]);
  });

  test.each<[string, () => void]>([
    [
      'was closed',
      () => {
        google.cancels();
      },
    ],
    [
      'has failed',
      () => {
        google.fails('interrupted');
      },
    ],
    [
      'has ended with the app',
      () => {
        fakeSession.restart();
      },
    ],
  ])('the next can be shown once the one before %s', async (_, end) => {
    google.stays();
    const first = signIn().catch((error: unknown) => error);
    await isOpen(google);
    end();
    await first;
    google.answers(newAda());
    expect(await signIn()).toMatchObject({ kind: 'signedIn' });
  });
});
