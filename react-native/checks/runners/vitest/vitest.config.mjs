import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globals: true,
    setupFiles: ['react-native-appwrite-session/jest'],
    alias: { 'react-native': fileURLToPath(new URL('react-native.mjs', import.meta.url)) },
    server: { deps: { inline: ['react-native-appwrite-session'] } },
  },
});
