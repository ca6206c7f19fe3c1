/** The Expo config plugin. It adds the library's settings to the native projects that Expo generates. */

import { type ConfigPlugin, createRunOncePlugin } from 'expo/config-plugins';

import { withAndroidScheme, withAndroidScreens, withBackupRules, withCallbackScheme } from './android';
import {
  withAssociatedDomains,
  withFaceIdPermission,
  withIosScheme,
  withIosScreens,
  withKeychainAccessGroup,
  withSignInWithApple,
} from './ios';
import { type AppwriteSessionPluginOptions, checked, checkIsForBrowserAlone, schemeOf } from './options';

export type { AppwriteSessionPluginOptions } from './options';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- the file is outside of this compilation
const { name, version } = require('../../package.json') as { name: string; version: string };

/** The plugin. Throws an error that says what to write instead if the options are wrong. */
const withAppwriteSession: ConfigPlugin<AppwriteSessionPluginOptions | undefined> = (config, options) => {
  const known = checked(options);
  const { backupRules = true, google, passkeys, browser, signInWithApple, associatedDomains } = known;
  const { keychainAccessGroup, faceIdPermission } = known;
  const scheme = schemeOf(known);
  if (browser && scheme !== undefined) checkIsForBrowserAlone(scheme, config);
  if (backupRules) config = withBackupRules(config);
  config = withAndroidScreens(config, { google, passkeys, browser });
  if (scheme !== undefined) {
    // The browser's own activity takes the callback. A second one for the same scheme would make Android ask which one to open.
    config = browser ? withCallbackScheme(config, scheme) : withAndroidScheme(config, scheme);
    config = withIosScheme(config, scheme);
  }
  if (passkeys || browser || signInWithApple) config = withIosScreens(config);
  if (signInWithApple) config = withSignInWithApple(config);
  if (associatedDomains !== undefined) config = withAssociatedDomains(config, associatedDomains);
  if (keychainAccessGroup !== undefined) config = withKeychainAccessGroup(config, keychainAccessGroup);
  if (faceIdPermission !== undefined) config = withFaceIdPermission(config, faceIdPermission);
  return config;
};

export default createRunOncePlugin(withAppwriteSession, name, version);
