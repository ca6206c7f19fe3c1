/** The session in components: what they see, and how often they are rendered. */

import { act, render, renderHook, screen } from '@testing-library/react-native';
import { StrictMode, type ReactNode } from 'react';
import { Text } from 'react-native';

import { createSessionClient } from '../client';
import { SessionProvider } from '../react/provider';
import { useSession, useSessionState } from '../react/hooks';
import type { SessionClient } from '../session-client';
import { native } from './support/native';

jest.mock('../NativeAppwriteSession', () => ({
  __esModule: true,
  default: jest.requireActual<typeof import('./support/native')>('./support/native').native.module,
}));

const ada = { kind: 'signed_in', userId: 'u1', userName: 'Ada' };
const build = () =>
  createSessionClient({
    endpoint: 'https://x.example/v1',
    project: 'demo',
    gateways: ['https://api.example'],
    followAppState: false,
  });

const inside = (client: SessionClient) =>
  function Wrapper({ children }: { children: ReactNode }) {
    return <SessionProvider client={client}>{children}</SessionProvider>;
  };

beforeEach(() => {
  native.reset();
});

test('a component shows where the user stands, and is rendered anew when that changes', () => {
  function Greeting() {
    const { state } = useSession();
    return <Text>{state.kind === 'signedIn' ? `hello ${state.user?.name ?? ''}` : state.kind}</Text>;
  }
  render(
    <StrictMode>
      <SessionProvider client={build()}>
        <Greeting />
      </SessionProvider>
    </StrictMode>,
  );
  expect(screen.getByText('restoring')).toBeTruthy();
  act(() => {
    native.publish(ada);
  });
  expect(screen.getByText('hello Ada')).toBeTruthy();
});

test('a change between the render and the subscription is not missed', () => {
  const session = build();
  const { subscribe } = session;
  const late: SessionClient = {
    ...session,
    get state() {
      return session.state;
    },
    get persistence() {
      return session.persistence;
    },
    subscribe: (listener) => {
      if (session.state.kind === 'restoring') native.publish(ada);
      return subscribe(listener);
    },
  };
  const { result } = renderHook(useSession, { wrapper: inside(late) });
  expect(result.current.state.kind).toBe('signedIn');
});

test('the functions are the same in every render, and work when they are taken out', async () => {
  const { result } = renderHook(useSession, { wrapper: inside(build()) });
  const before = result.current;
  act(() => {
    native.publish(ada);
  });
  const names = Object.keys(before).filter((name) => name !== 'state' && name !== 'persistence') as 'fetch'[];
  expect(names).toEqual(
    expect.arrayContaining(['fetch', 'authorize', 'signOut', 'signInWithEmail', 'completeMfaChallenge']),
  );
  for (const name of names) expect(result.current[name]).toBe(before[name]);
  const { signOut } = result.current;
  const signedOut = act(() => signOut());
  native.call('signOut').resolve();
  await signedOut;
});

test('the result is the same object until something changes', () => {
  const { result, rerender } = renderHook(useSession, { wrapper: inside(build()) });
  const before = result.current;
  rerender({});
  expect(result.current).toBe(before);
});

test('persistence is followed as well', () => {
  const { result } = renderHook(useSession, { wrapper: inside(build()) });
  act(() => {
    native.publish({ kind: 'restoring', persistence: 'memory_only' });
  });
  expect(result.current.persistence).toBe('memory_only');
});

test('useSessionState is not rendered for anything but the state', () => {
  let renders = 0;
  const { result } = renderHook(
    () => {
      renders++;
      return useSessionState();
    },
    { wrapper: inside(build()) },
  );
  const before = renders;
  act(() => {
    native.publish({ kind: 'restoring', persistence: 'memory_only' });
  });
  expect(renders).toBe(before);
  act(() => {
    native.publish(ada);
  });
  expect(renders).toBe(before + 1);
  expect(result.current.kind).toBe('signedIn');
});

test('all components of one render see the same state', () => {
  const seen: string[][] = [];
  function Two() {
    seen.push([useSession().state.kind, useSessionState().kind]);
    return null;
  }
  render(<Two />, { wrapper: inside(build()) });
  act(() => {
    native.publish(ada);
    native.publish({ kind: 'signed_out', reason: 'signed_out' });
  });
  expect(seen.at(-1)).toEqual(['signedOut', 'signedOut']);
  for (const [one, other] of seen) expect(one).toBe(other);
});

test('another client is taken up, and the old one no longer listened to', () => {
  const [one, other] = [build(), build()];
  const unsubscribed = jest.fn();
  const counted: SessionClient = {
    ...one,
    subscribe: (listener) => {
      const end = one.subscribe(listener);
      return () => {
        unsubscribed();
        end();
      };
    },
  };
  function Kind() {
    return <Text>{useSessionState().kind}</Text>;
  }
  const { rerender, unmount } = render(
    <SessionProvider client={counted}>
      <Kind />
    </SessionProvider>,
  );
  rerender(
    <SessionProvider client={other}>
      <Kind />
    </SessionProvider>,
  );
  expect(unsubscribed).toHaveBeenCalledTimes(1);
  act(() => {
    native.publish(ada);
  });
  expect(screen.getByText('signedIn')).toBeTruthy();
  unmount();
});

test('a provider that goes away does not close the client', () => {
  const { unmount } = renderHook(useSession, { wrapper: inside(build()) });
  unmount();
  expect(native.calls.map((call) => call.method)).not.toContain('close');
});

test('outside of a provider the error says what is missing', () => {
  jest.spyOn(console, 'error').mockImplementation();
  expect(() => renderHook(useSession)).toThrow('<SessionProvider client={…}>');
  expect(() => renderHook(useSessionState)).toThrow('<SessionProvider client={…}>');
  jest.restoreAllMocks();
});
