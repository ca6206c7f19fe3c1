/** The scenario agent over the fake, which holds the whole world of the scenarios itself: `--world agent`. */

import { fakeSession } from '../../src/fake';
import { Commands, type Host } from '../agent/commands';
import { listen } from '../agent/protocol';
import { ask } from './world';

const { core } = fakeSession;

const host: Host = {
  prepare(store, installation) {
    fakeSession.module.next = { store, installation: installation ?? '' };
  },
  setFault(store, fault) {
    core.tell({ do: 'fault', store, fault });
    if (fault === null) core.tell({ do: 'nudge' });
  },
  setPresent(present) {
    fakeSession.presence.present = present;
  },
  asked: () => fakeSession.presence.asked,
  writeFile(name, bytes) {
    fakeSession.files.set(`file:///${name}`, bytes);
  },
  uriOf: (name) => `file:///${name}`,
  async http(method, url, headers) {
    const answer = await fakeSession.fetch(url, { method, headers });
    return { status: answer.status, text: await answer.text() };
  },
  other: ask,
};

const commands = new Commands(host);
void listen((command, signal) => commands.carryOut(command, signal)).then(() => process.exit(0));
