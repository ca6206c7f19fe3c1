/** iOS's half of the plugin: the Keychain access group, Face ID's text, and the scheme. */

import { type ConfigPlugin, IOSConfig, withEntitlementsPlist, withInfoPlist } from 'expo/config-plugins';

const GROUPS = 'keychain-access-groups';
const PREFIX = '$(AppIdentifierPrefix)';

/**
 * Adds the group to the app's entitlements. The first group of the list is where other Keychain items of the app go, so the
 * app's own group stays the first.
 */
export const withKeychainAccessGroup: ConfigPlugin<string> = (config, group) =>
  withEntitlementsPlist(config, (mod) => {
    const before = mod.modResults[GROUPS];
    const groups = Array.isArray(before) && before.length > 0 ? before : [`${PREFIX}$(CFBundleIdentifier)`];
    // With the team's id it is complete; Xcode knows that id otherwise.
    const wanted = /^[A-Z0-9]{10}\./.test(group) ? group : PREFIX + group;
    mod.modResults[GROUPS] = groups.includes(wanted) ? groups : [...groups, wanted];
    return mod;
  });

/** Says why the app uses Face ID. What the app itself says in `ios.infoPlist` gives way. */
export const withFaceIdPermission: ConfigPlugin<string> = (config, text) =>
  withInfoPlist(config, (mod) => {
    mod.modResults.NSFaceIDUsageDescription = text;
    return mod;
  });

/** Lets links of `scheme` open the app. */
export const withIosScheme: ConfigPlugin<string> = (config, scheme) =>
  withInfoPlist(config, (mod) => {
    mod.modResults = IOSConfig.Scheme.appendScheme(scheme, mod.modResults);
    return mod;
  });
