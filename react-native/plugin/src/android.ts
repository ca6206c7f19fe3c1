/** Android's half of the plugin: backup rules and the scheme in the manifest, and the optional screens in Gradle's files. */

import {
  AndroidConfig,
  type ConfigPlugin,
  WarningAggregator,
  withAndroidManifest,
  withAppBuildGradle,
  withGradleProperties,
} from 'expo/config-plugins';

type Manifest = AndroidConfig.Manifest.AndroidManifest;

/** The library's resources with its rules, by the attributes that name them. */
const RULES = {
  'android:dataExtractionRules': '@xml/appwrite_session_data_extraction_rules',
  'android:fullBackupContent': '@xml/appwrite_session_full_backup_content',
} as const;

/** Names the library's backup rules in the manifest, except where the app has rules of its own. */
export const withBackupRules: ConfigPlugin = (config) =>
  withAndroidManifest(config, (mod) => {
    const attributes: Record<string, string | undefined> = AndroidConfig.Manifest.getMainApplicationOrThrow(
      mod.modResults,
    ).$;
    for (const [name, rules] of Object.entries(RULES)) {
      attributes[name] ??= rules;
      if (attributes[name] !== rules) {
        WarningAggregator.addWarningAndroid(
          name,
          `${attributes[name]} is kept, so the rules of react-native-appwrite-session are not used. Sessions rest where Android ` +
            `backs nothing up all the same. To say so in your rules: <exclude domain="root" path="no_backup/appwrite-session" />. ` +
            `To be rid of this warning: backupRules: false.`,
        );
      }
    }
    return mod;
  });

/** Lets links of `scheme` open the main activity. */
export const withAndroidScheme: ConfigPlugin<string> = (config, scheme) =>
  withAndroidManifest(config, (mod) => {
    addScheme(mod.modResults, scheme);
    return mod;
  });

/** A filter of its own: in a filter that is there, the scheme would be combined with the hosts of the app's own links. */
function addScheme(manifest: Manifest, scheme: string): void {
  const activity = AndroidConfig.Manifest.getMainActivityOrThrow(manifest);
  const filters = (activity['intent-filter'] ??= []);
  if (
    filters.some((filter) =>
      filter.data?.some((data) => data.$['android:scheme'] === scheme && !data.$['android:host']),
    )
  )
    return;
  filters.push({
    action: [{ $: { 'android:name': 'android.intent.action.VIEW' } }],
    category: [
      { $: { 'android:name': 'android.intent.category.DEFAULT' } },
      { $: { 'android:name': 'android.intent.category.BROWSABLE' } },
    ],
    data: [{ $: { 'android:scheme': scheme } }],
  });
}

/** The optional screens that an app can contain. */
type Screens = Record<'google' | 'passkeys' | 'browser', boolean | undefined>;

/** Says in `gradle.properties` which optional screens the app contains, which the library's `build.gradle` reads. */
export const withAndroidScreens: ConfigPlugin<Screens> = (config, screens) =>
  withGradleProperties(config, (mod) => {
    for (const [screen, isWanted] of Object.entries(screens)) {
      const key = `appwriteSession.${screen}`;
      mod.modResults = mod.modResults.filter((item) => item.type !== 'property' || item.key !== key);
      if (isWanted) mod.modResults.push({ type: 'property', key, value: 'true' });
    }
    return mod;
  });

/** What the manifest of the browser's module asks for. */
const PLACEHOLDER = 'appwriteSessionCallbackScheme';

/** Gives the browser's module the scheme of its callback. */
export const withCallbackScheme: ConfigPlugin<string> = (config, scheme) =>
  withAppBuildGradle(config, (mod) => {
    const { language, contents } = mod.modResults;
    if (language !== 'groovy') {
      WarningAggregator.addWarningAndroid(
        PLACEHOLDER,
        `android/app/build.gradle is not in Groovy, so write it yourself: manifestPlaceholders["${PLACEHOLDER}"] = "${scheme}".`,
      );
      return mod;
    }
    mod.modResults.contents = withPlaceholder(contents, scheme);
    return mod;
  });

/** The text of `android/app/build.gradle` with the placeholder, once. */
export function withPlaceholder(text: string, scheme: string): string {
  const line = `manifestPlaceholders["${PLACEHOLDER}"] = "${scheme}"`;
  const before = new RegExp(`manifestPlaceholders\\["${PLACEHOLDER}"\\] = ".*"`);
  if (before.test(text)) return text.replace(before, line);
  const after = text.replace(
    /^([ \t]*)defaultConfig \{[ \t]*$/m,
    (found: string, indent: string) => `${found}\n${indent}    ${line}`,
  );
  if (after === text) throw new Error(`android/app/build.gradle has no defaultConfig, which ${line} belongs to`);
  return after;
}
