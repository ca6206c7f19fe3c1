/** Nobody is signed in: why, and the way in. */

import { useState } from 'react';
import { useSession, type SignedOutReason } from 'react-native-appwrite-session';

import { useAttempt } from '../attempt';
import { Action, Field, Screen } from '../parts';
import { reasons } from '../texts';

export function SignInScreen({ reason }: { reason: SignedOutReason }) {
  const { signInWithEmail, signUpWithEmail } = useSession();
  const { message, busy, attempt } = useAttempt();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');

  return (
    <Screen title={reasons[reason]} message={message}>
      <Field
        placeholder="E-mail"
        textContentType="username"
        keyboardType="email-address"
        value={email}
        onChangeText={setEmail}
      />
      <Field
        placeholder="Password"
        textContentType="password"
        secureTextEntry
        value={password}
        onChangeText={setPassword}
      />
      <Action
        name="Sign in"
        busy={busy}
        onPress={() => {
          attempt(() => signInWithEmail(email, password));
        }}
      />
      <Action
        name="Sign up"
        busy={busy}
        onPress={() => {
          attempt(async () => {
            await signUpWithEmail(email, password);
            await signInWithEmail(email, password);
          });
        }}
      />
    </Screen>
  );
}
