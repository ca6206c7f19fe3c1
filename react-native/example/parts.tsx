/** The few parts that every screen is made of. */

import type { ReactNode } from 'react';
import { Pressable, StyleSheet, Text, TextInput, type TextInputProps, View } from 'react-native';

/** A screen: what it is about, its parts, and what went wrong last. */
export function Screen({ title, message, children }: { title: string; message?: string; children?: ReactNode }) {
  return (
    <View style={styles.screen}>
      <Text style={styles.title}>{title}</Text>
      {children}
      {message ? <Text style={styles.message}>{message}</Text> : null}
    </View>
  );
}

/** A button that waits while something is under way. */
export function Action({ name, busy, onPress }: { name: string; busy: boolean; onPress: () => void }) {
  return (
    <Pressable accessibilityRole="button" disabled={busy} onPress={onPress} style={styles.action}>
      <Text style={busy ? styles.busy : styles.name}>{name}</Text>
    </Pressable>
  );
}

/** A field that corrects nothing by itself. */
export function Field(props: TextInputProps) {
  return <TextInput autoCapitalize="none" autoCorrect={false} style={styles.field} {...props} />;
}

const styles = StyleSheet.create({
  screen: { flex: 1, justifyContent: 'center', gap: 12, padding: 24 },
  title: { fontSize: 20, fontWeight: '600' },
  message: { color: '#b00020' },
  action: { paddingVertical: 8 },
  name: { color: '#1a57db', fontSize: 16 },
  busy: { color: '#888888', fontSize: 16 },
  field: { borderBottomWidth: StyleSheet.hairlineWidth, fontSize: 16, paddingVertical: 8 },
});
