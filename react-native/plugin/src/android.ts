/** Android's half of the plugin: backup rules and the scheme, both in the manifest. */

import { AndroidConfig, type ConfigPlugin, WarningAggregator, withAndroidManifest } from 'expo/config-plugins';

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
