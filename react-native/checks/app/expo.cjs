// Runs Expo's prebuild mods on an app that names the plugin, as its app.json does, and looks at what they make.
//
//   node expo.cjs APP-FOLDER

const assert = require('node:assert/strict');
const { compileModsAsync, withPlugins } = require('@expo/config-plugins');

const projectRoot = process.argv[2];
const named = (options) =>
  withPlugins(
    { name: 'Shop', slug: 'shop', ios: { bundleIdentifier: 'com.example.shop' }, _internal: { projectRoot } },
    [['react-native-appwrite-session', options]],
  );

async function main() {
  const config = named({ scheme: 'appwrite-callback-my-project', keychainAccessGroup: 'com.example.shared' });
  const { modResults } = (
    await compileModsAsync(config, { projectRoot, introspect: true, platforms: ['android', 'ios'] })
  )._internal;
  const [application] = modResults.android.manifest.manifest.application;
  assert.equal(application.$['android:dataExtractionRules'], '@xml/appwrite_session_data_extraction_rules');
  assert.match(JSON.stringify(application.activity), /appwrite-callback-my-project/);
  assert.match(JSON.stringify(modResults.ios.infoPlist), /appwrite-callback-my-project/);
  assert.match(JSON.stringify(modResults.ios.entitlements), /com\.example\.shared/);
  assert.throws(() => named({ schema: 'x' }), /there is no option 'schema'/);
  console.log("Expo's plugin: 5 checks, 0 failed");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
