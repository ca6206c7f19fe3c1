/** Work that a button begins: whether it is under way, and what went wrong. */

import { useCallback, useState } from 'react';

import { advice } from './texts';

/** What a screen needs to run work and to show how that went. */
export interface Attempt {
  /** What went wrong last, as what to do about it; empty if nothing did. */
  readonly message: string;
  /** Whether something is under way. */
  readonly busy: boolean;
  /** Runs `work`. What it throws becomes the message. */
  readonly attempt: (work: () => Promise<unknown>) => void;
}

/** One at a time, for one screen. */
export function useAttempt(): Attempt {
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState(false);
  const attempt = useCallback((work: () => Promise<unknown>) => {
    setMessage('');
    setBusy(true);
    work()
      .catch((error: unknown) => {
        setMessage(advice(error));
      })
      .finally(() => {
        setBusy(false);
      });
  }, []);
  return { message, busy, attempt };
}
