/** The sign-in waits for a second factor: the choice, and then the code. */

import { useState } from 'react';
import { useSession, type Factor, type MfaChallenge } from 'react-native-appwrite-session';

import { useAttempt } from '../attempt';
import { Action, Field, Screen } from '../parts';
import { factors } from '../texts';

export function SecondFactorScreen({ choices }: { choices: readonly Factor[] }) {
  const { createMfaChallenge, completeMfaChallenge, signOut } = useSession();
  const { message, busy, attempt } = useAttempt();
  const [challenge, setChallenge] = useState<MfaChallenge | null>(null);
  const [code, setCode] = useState('');

  return (
    <Screen title="One more step." message={message}>
      {choices.map((factor) => (
        <Action
          key={factor}
          name={factors[factor]}
          busy={busy}
          onPress={() => {
            attempt(async () => {
              setChallenge(await createMfaChallenge(factor));
            });
          }}
        />
      ))}
      {challenge && (
        <>
          <Field placeholder="Code" textContentType="oneTimeCode" value={code} onChangeText={setCode} />
          <Action
            name="Go on"
            busy={busy}
            onPress={() => {
              attempt(() => completeMfaChallenge(challenge, code));
            }}
          />
        </>
      )}
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
