/** The app: the state decides which screen is shown, and the screens only call the client. */

import { SessionProvider, useSession } from 'react-native-appwrite-session';

import { Screen } from './parts';
import { OrdersScreen } from './screens/OrdersScreen';
import { SecondFactorScreen } from './screens/SecondFactorScreen';
import { SignInScreen } from './screens/SignInScreen';
import { session } from './session';

export function App() {
  return (
    <SessionProvider client={session}>
      <CurrentScreen />
    </SessionProvider>
  );
}

function CurrentScreen() {
  const { state } = useSession();
  switch (state.kind) {
    case 'restoring':
      return <Screen title="One moment …" />;
    case 'storageLocked':
      // Nothing to press: the client goes on by itself.
      return <Screen title="Unlock your phone to go on." />;
    case 'signedOut':
      return <SignInScreen reason={state.reason} />;
    case 'mfaRequired':
      return <SecondFactorScreen choices={state.factors} />;
    case 'signedIn':
      return <OrdersScreen name={state.user?.name ?? ''} verified={state.verified} />;
  }
}
