/** Aborted calls, and the reasons with which they are rejected. */

/** The signal's reason. Signals of React Native have none; for them it is an `AbortError`. */
export function abortReason(signal: AbortSignal): unknown {
  const { reason } = signal as { reason?: unknown };
  return reason === undefined ? abortError() : reason;
}

/** An error with the name `AbortError`: a `DOMException`, if the platform has that class. */
export function abortError(): Error {
  const message = 'The operation was aborted.';
  const { DOMException } = globalThis as { DOMException?: new (message: string, name: string) => Error };
  if (DOMException) return new DOMException(message, 'AbortError');
  return Object.assign(new Error(message), { name: 'AbortError', code: 20 });
}

/** Waits for `work`. If `signal` is aborted before, `abort` is called and the promise is rejected with the signal's reason. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | null, abort: () => void): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      abort();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the app chose the reason
      reject(abortReason(signal));
    };
    signal.addEventListener('abort', onAbort);
    work
      .finally(() => {
        signal.removeEventListener('abort', onAbort);
      })
      .then(resolve, reject);
  });
}
