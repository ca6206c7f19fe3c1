/** A look inside a client: what is wrong, and what it has done. */

import type { Bridge } from './bridge';
import { toDiagnosis, type Diagnosis } from './models';

/** What tells how a client fares. */
export interface LookInside {
  /**
   * Finds out what is wrong: looks at the configuration, the secure store and the session, asks Appwrite and each gateway, and says of
   * everything what it found and what to do about it. Takes 20 seconds at most. It changes nothing of the session but what a probe changes:
   * Appwrite's answer confirms the session or ends it. The user is not asked for biometrics or the device passcode.
   *
   * The requests are `GET /health/version` of Appwrite, without a credential; if there is a session, `GET /account`; and
   * `GET /_gateway/session` of each gateway.
   */
  readonly diagnose: () => Promise<Diagnosis>;

  /**
   * What this client has done since it was built, in numbers by name: `gatewayCalls`, `attempts`, `retries`, `probes` and others, which the
   * table in the repository's README explains. They hold no id and no secret.
   */
  readonly metrics: () => Promise<Readonly<Record<string, number>>>;
}

/** The look inside a client. */
export const insideOf = ({ call, perform }: Bridge): LookInside => ({
  diagnose: () => call(async () => toDiagnosis(await perform('diagnose'))),
  metrics: () => call(async () => (await perform('metrics')) as Record<string, number>),
});
