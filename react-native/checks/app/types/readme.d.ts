// What the README's examples take for granted.

import type { SessionClient } from 'react-native-appwrite-session';

declare global {
  const session: SessionClient;
  const signal: AbortSignal;
  const code: string;
  interface Order {
    readonly id: number;
  }
  function App(): React.JSX.Element;
  function Login(): React.JSX.Element;
}
