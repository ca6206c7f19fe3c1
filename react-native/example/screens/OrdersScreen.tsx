/** Somebody is signed in: the orders from the app's gateway, by `fetch` and by axios. */

import { useState } from 'react';
import { Text } from 'react-native';
import { useSession } from 'react-native-appwrite-session';

import { useAttempt } from '../attempt';
import { orders } from '../config';
import { Action, Screen } from '../parts';
import { api } from '../session';

export function OrdersScreen({ name, verified }: { name: string; verified: boolean }) {
  const { fetch, passkeys, signOut, persistence } = useSession();
  const { message, busy, attempt } = useAttempt();
  const [shown, setShown] = useState('');

  const byFetch = async () => {
    const response = await fetch(orders);
    setShown(response.ok ? await response.text() : `The gateway said ${String(response.status)}.`);
  };
  const byAxios = async () => {
    const { data } = await api.get<unknown>(orders);
    setShown(JSON.stringify(data));
  };
  const addPasskey = async () => {
    const { kind } = await passkeys.register();
    if (kind === 'registered') setShown('This device has a passkey now.');
  };

  return (
    <Screen title={`Welcome, ${name || 'stranger'}.`} message={message}>
      <Text>
        {verified ? 'Appwrite has confirmed the session.' : 'From the last time; Appwrite has not been asked yet.'}
      </Text>
      {persistence === 'memory_only' && <Text>You stay signed in until the app ends.</Text>}
      <Text>{shown}</Text>
      <Action
        name="Show my orders"
        busy={busy}
        onPress={() => {
          attempt(byFetch);
        }}
      />
      <Action
        name="The same with axios"
        busy={busy}
        onPress={() => {
          attempt(byAxios);
        }}
      />
      <Action
        name="Add a passkey"
        busy={busy}
        onPress={() => {
          attempt(addPasskey);
        }}
      />
      <Action
        name="Sign out"
        busy={busy}
        onPress={() => {
          attempt(signOut);
        }}
      />
    </Screen>
  );
}
