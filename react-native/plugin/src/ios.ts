/** iOS's half of the plugin: the entitlements, Face ID's text, the scheme, and the optional screens in the Podfile. */

import { type ConfigPlugin, IOSConfig, withEntitlementsPlist, withInfoPlist, withPodfile } from 'expo/config-plugins';

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

/** The app may use Sign in with Apple. */
export const withSignInWithApple: ConfigPlugin = (config) =>
  withEntitlementsPlist(config, (mod) => {
    mod.modResults['com.apple.developer.applesignin'] = ['Default'];
    return mod;
  });

const DOMAINS = 'com.apple.developer.associated-domains';

/** Adds domains to those that belong to the app. */
export const withAssociatedDomains: ConfigPlugin<string[]> = (config, domains) =>
  withEntitlementsPlist(config, (mod) => {
    const before = mod.modResults[DOMAINS];
    mod.modResults[DOMAINS] = [...new Set([...(Array.isArray(before) ? before : []), ...domains])];
    return mod;
  });

/** What the library's podspec reads. */
const SCREENS = '$AppwriteSessionScreens = true';

/** Says at the beginning of the Podfile that the app contains the screens for signing in. */
export const withIosScreens: ConfigPlugin = (config) =>
  withPodfile(config, (mod) => {
    const { contents } = mod.modResults;
    if (!contents.includes(SCREENS)) mod.modResults.contents = `${SCREENS}\n${contents}`;
    return mod;
  });
