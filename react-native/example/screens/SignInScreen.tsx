/** Nobody is signed in: why, and the way in. */

import { useState } from 'react';
import { Platform } from 'react-native';
import { useSession, type SignedOutReason } from 'react-native-appwrite-session';

import { useAttempt } from '../attempt';
import { serverClientId } from '../config';
import { Action, Field, Screen } from '../parts';
import { reasons } from '../texts';

export function SignInScreen({ reason }: { reason: SignedOutReason }) {
  const { signInWithEmail, signUpWithEmail, signInWithGoogle, signInWithApple, signInWithOAuth2, signInWithPasskey } =
    useSession();
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
      <Action
        name="Continue with Google"
        busy={busy}
        onPress={() => {
          // Google's own screen is Android's.
          attempt(() =>
            Platform.OS === 'android' ? signInWithGoogle({ serverClientId, button: true }) : signInWithOAuth2('google'),
          );
        }}
      />
      <Action
        name="Continue with Apple"
        busy={busy}
        onPress={() => {
          attempt(() => (Platform.OS === 'ios' ? signInWithApple() : signInWithOAuth2('apple')));
        }}
      />
      <Action
        name="Continue with GitHub"
        busy={busy}
        onPress={() => {
          attempt(() => signInWithOAuth2('github'));
        }}
      />
      <Action
        name="Use a passkey"
        busy={busy}
        onPress={() => {
          attempt(signInWithPasskey);
        }}
      />
    </Screen>
  );
}
