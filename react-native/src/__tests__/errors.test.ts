/** Errors: their codes are the core's, and `instanceof` works however the app compiles them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

import {
  failureCauses,
  screenFaults,
  fromRejection,
  isCancellation,
  SessionError,
  sessionErrorCodes,
  toSessionError,
} from '../errors';
import { rejection } from './support/native';
import { namesInCore, readme, table, top } from './support/repository';

test('the codes are those of the core, in its order', () => {
  const core = readFileSync(join(top, 'core/src/error/code.rs'), 'utf8');
  const list = /^error_codes! \{([^]*?)^\}/m.exec(core)?.[1] ?? '';
  const codes = [...list.matchAll(/= "(\w+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(20);
  expect([...sessionErrorCodes]).toEqual(codes);
});

test('every code is explained as in the README', () => {
  expect([...sessionErrorCodes]).toEqual(table(readme, 'Errors'));
  const docs = readFileSync(join(__dirname, '../errors.ts'), 'utf8');
  expect(table(docs.replace(/^ \* /gm, ''), 'What the app should do about an error')).toEqual([...sessionErrorCodes]);
});

test('an error says all that the native side says', () => {
  const said = { code: 'rate_limited', message: 'too many requests', retryable: true, mayHaveArrived: true };
  const error = toSessionError({ ...said, retryAfterMs: 1500, status: 429, type: 'general_rate_limit_exceeded' });
  expect(error).toMatchObject({ name: 'SessionError', code: 'rate_limited', message: 'too many requests' });
  expect(error).toMatchObject({ isRetryable: true, retryAfterMs: 1500, status: 429 });
  expect(error.appwriteType).toBe('general_rate_limit_exceeded');
  expect(String(error)).toBe('SessionError: too many requests');
  expect(fromRejection(rejection({ code: 'signed_out', reason: 'session_ended' })).reason).toBe('session_ended');
  const origin = 'https://evil.example';
  expect(fromRejection(rejection({ code: 'origin_not_allowed', origin })).origin).toBe(origin);
});

test('the causes of a failure are those of the core, and each is explained', () => {
  expect([...failureCauses]).toEqual(namesInCore('core/src/host/error.rs', 'Cause'));
  const docs = readFileSync(join(__dirname, '../errors.ts'), 'utf8').replace(/^ \* /gm, '');
  expect(table(docs, 'What failed in the network')).toEqual([...failureCauses, 'other']);
});

test('the faults of a screen are those of the core, and each is explained', () => {
  expect([...screenFaults]).toEqual(namesInCore('core/src/error/detail.rs', 'ScreenFault'));
  expect(
    table(readFileSync(join(__dirname, '../errors.ts'), 'utf8').replace(/^ \* /gm, ''), 'Why the platform'),
  ).toEqual([...screenFaults]);
});

test('an error says why there is no answer, and whether the request may have arrived', () => {
  const reset = fromRejection(rejection({ code: 'network', failureCause: 'reset', mayHaveArrived: true }));
  expect([reset.failureCause, reset.mayHaveArrived]).toEqual(['reset', true]);
  const refused = fromRejection(rejection({ code: 'network', failureCause: 'refused', mayHaveArrived: false }));
  expect([refused.failureCause, refused.mayHaveArrived]).toEqual(['refused', false]);
  expect(fromRejection(rejection({ code: 'network', failureCause: 'of_tomorrow' })).failureCause).toBe('other');
});

test('where nothing is known of the request, it may have arrived', () => {
  expect(fromRejection(new Error('strange')).mayHaveArrived).toBe(true);
  expect(fromRejection(Object.assign(new Error('closed'), { code: 'closed' })).mayHaveArrived).toBe(true);
});

test('null, as Android says nothing, is the same as nothing', () => {
  const nothing = { retryAfterMs: null, failureCause: null, status: null, type: null, reason: null, origin: null };
  const error = fromRejection({
    userInfo: { code: 'network', message: 'the network failed', retryable: true, mayHaveArrived: false, ...nothing },
  });
  const { retryAfterMs, failureCause, status, appwriteType, reason, origin } = error;
  expect([retryAfterMs, failureCause, status, appwriteType, reason, origin]).toEqual(Array(6).fill(undefined));
});

test('a code of tomorrow is kept, and what is no error of ours says nothing of itself', () => {
  expect(fromRejection(rejection({ code: 'of_tomorrow' })).code).toBe('of_tomorrow');
  expect(fromRejection(Object.assign(new Error('closed'), { code: 'closed', userInfo: null })).code).toBe('closed');
  const strange = [new Error('secret'), Object.assign(new Error('secret'), { code: 'EUNSPECIFIED' }), 'secret', null];
  for (const thrown of strange) {
    const error = fromRejection(thrown);
    expect([error.code, error.message]).toEqual(['internal', 'a bug in appwrite-session; please report it']);
  }
});

test('an error that passes through is the same error', () => {
  const error = new SessionError('closed', 'the client is closed');
  expect(fromRejection(error)).toBe(error);
});

test('a cancellation is told from an error', () => {
  expect(isCancellation(rejection({ code: 'cancelled' }))).toBe(true);
  expect([rejection({ code: 'closed' }), null, 'cancelled'].map(isCancellation)).toEqual([false, false, false]);
});

describe('instanceof', () => {
  class Special extends SessionError {}

  test('knows its errors, and no others', () => {
    expect(new SessionError('network', '')).toBeInstanceOf(SessionError);
    expect(new SessionError('network', '')).toBeInstanceOf(Error);
    const others = [new Error('network'), { code: 'network' }, null, 'network', rejection({ code: 'network' })];
    for (const other of others) expect(other instanceof SessionError).toBe(false);
  });

  test('tells subclasses apart', () => {
    expect(new Special('network', '')).toBeInstanceOf(SessionError);
    expect(new Special('network', '')).toBeInstanceOf(Special);
    expect(new SessionError('network', '') instanceof Special).toBe(false);
  });

  test('knows the errors of another copy of the package', () => {
    jest.isolateModules(() => {
      const other = jest.requireActual<typeof import('../errors')>('../errors');
      expect(other.SessionError).not.toBe(SessionError);
      expect(new other.SessionError('network', '')).toBeInstanceOf(SessionError);
      expect(new SessionError('network', '')).toBeInstanceOf(other.SessionError);
    });
  });

  test('works when the class is compiled down to functions', () => {
    const source = readFileSync(join(__dirname, '../errors.ts'), 'utf8');
    const { outputText } = transpileModule(source, {
      compilerOptions: { target: ScriptTarget.ES5, module: ModuleKind.CommonJS },
    });
    expect(outputText).not.toMatch(/class SessionError/);
    const exports = {} as { SessionError: typeof SessionError };
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- it is what is tested
    new Function('exports', outputText)(exports);
    const error = new exports.SessionError('timeout', 'no answer in time', { isRetryable: true });
    expect(error instanceof exports.SessionError).toBe(true);
    // Also where the engine asks no class what its instances are.
    expect(Object.getPrototypeOf(error)).toBe(exports.SessionError.prototype);
    expect(error).toBeInstanceOf(SessionError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'timeout', message: 'no answer in time', isRetryable: true });
    expect(String(error)).toBe('SessionError: no answer in time');
  });
});
