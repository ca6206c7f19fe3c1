// The lints of the sources and their tests.
import { defineConfig } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['lib/', 'fake/', 'plugin/', 'android/', 'ios/', 'checks/', 'example/', 'jest/', '*.js'] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  reactHooks.configs.flat.recommended,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.mjs'] } } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    // React Native's codegen reads it, and wants its types as they are.
    files: ['src/NativeAppwriteSession.ts'],
    rules: { '@typescript-eslint/consistent-type-definitions': 'off' },
  },
);
