/** How far the body of a call has come. */

import { notify } from '../changes';
import { withoutUndefined } from '../config';
import type { NativeTransfer } from '../NativeAppwriteSession';

/** How far a body has come. */
export interface Transfer {
  /** Which body: `up` is that of the request, and `down` that of the answer. */
  readonly direction: 'up' | 'down';
  /** How many bytes have come so far. */
  readonly bytes: number;
  /** How many there are in all, if that is known. */
  readonly total?: number;
}

/** Reports what the native side tells to the app. What its function throws does not touch the call. */
export function reporting(onProgress: (transfer: Transfer) => void): (transfer: NativeTransfer) => void {
  return ({ direction, bytes, total }) => {
    notify(() => {
      onProgress(withoutUndefined({ direction: direction as Transfer['direction'], bytes, total }));
    });
  };
}
