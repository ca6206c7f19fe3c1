/** The Expo config plugin. It adds the library's settings to the native projects that Expo generates. */

import { type ConfigPlugin, createRunOncePlugin } from 'expo/config-plugins';

import { withAndroidScheme, withBackupRules } from './android';
import { withFaceIdPermission, withIosScheme, withKeychainAccessGroup } from './ios';
import { type AppwriteSessionPluginOptions, checked } from './options';

export type { AppwriteSessionPluginOptions } from './options';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- the file is outside of this compilation
const { name, version } = require('../../package.json') as { name: string; version: string };

/** The plugin. Throws an error that says what to write instead if the options are wrong. */
const withAppwriteSession: ConfigPlugin<AppwriteSessionPluginOptions | undefined> = (config, options) => {
  const { scheme, backupRules = true, keychainAccessGroup, faceIdPermission } = checked(options);
  if (backupRules) config = withBackupRules(config);
  if (scheme !== undefined) config = withIosScheme(withAndroidScheme(config, scheme), scheme);
  if (keychainAccessGroup !== undefined) config = withKeychainAccessGroup(config, keychainAccessGroup);
  if (faceIdPermission !== undefined) config = withFaceIdPermission(config, faceIdPermission);
  return config;
};

export default createRunOncePlugin(withAppwriteSession, name, version);
