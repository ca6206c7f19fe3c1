// Compares what `npm pack --json` says with the list of what the package is made of: nothing else may be in it, and nothing may lack.
//
//   node tarball.mjs FILE [--plus PATH] [--minus PATH]     the options plant a fault

import { readFileSync } from 'node:fs';

const [file, ...options] = process.argv.slice(2);
const { files, size, unpackedSize } = JSON.parse(readFileSync(file, 'utf8'))[0];
const packed = new Set(files.map(({ path }) => path));
for (let at = 0; at < options.length; at += 2) {
  if (options[at] === '--plus') packed.add(options[at + 1]);
  else if (!packed.delete(options[at + 1])) throw new Error(`${options[at + 1]} is not in the package anyway`);
}

const slices = ['ios-arm64', 'ios-arm64_x86_64-simulator', 'macos-arm64_x86_64'];

const SOURCE = /^src\/(([a-z]+\/){0,2}[A-Za-z0-9-]+)\.tsx?$/;
// What is made of a source, with the maps that lead back to it.
const made = [...packed].flatMap((path) => {
  const [, name] = SOURCE.exec(path) ?? [];
  return name
    ? ['module/NAME.js', 'module/NAME.js.map', 'typescript/src/NAME.d.ts', 'typescript/src/NAME.d.ts.map'].map(
        (form) => `lib/${form.replace('NAME', name)}`,
      )
    : [];
});

// Each exactly once.
const single = [
  ...made,
  'LICENSE',
  'README.md',
  'package.json',
  'app.plugin.js',
  ...['android', 'index', 'ios', 'options'].flatMap((name) => [`plugin/build/${name}.js`, `plugin/build/${name}.d.ts`]),
  'src/NativeAppwriteSession.ts',
  'src/index.ts',
  'src/fake/index.ts',
  'fake/module.wasm',
  'lib/module/package.json',
  'lib/typescript/package.json',
  'android/build.gradle',
  'android/bindings/consumer-rules.pro',
  'android/src/main/AndroidManifest.xml',
  'android/bindings/kotlin/dev/appwritesession/SessionClient.kt',
  'android/bindings/kotlin/dev/appwritesession/KeystoreStore.kt',
  'android/bindings/kotlin/dev/appwritesession/ffi/appwrite_session.kt',
  'android/bindings/screens/google/kotlin/dev/appwritesession/google/GoogleScreen.kt',
  'android/bindings/res/xml/appwrite_session_data_extraction_rules.xml',
  'android/bindings/res/xml/appwrite_session_full_backup_content.xml',
  ...['arm64-v8a', 'armeabi-v7a', 'x86_64', 'x86'].map((abi) => `android/jniLibs/${abi}/libappwrite_session.so`),
  'react-native-appwrite-session.podspec',
  'ios/AppwriteSession.h',
  'ios/AppwriteSession.mm',
  'ios/AppwriteSessionShim.swift',
  'ios/AppwriteSessionLinks.swift',
  'ios/screens/LinkedScreens.swift',
  'ios/bindings/screens/AppleScreens.swift',
  'ios/PrivacyInfo.xcprivacy',
  'ios/bindings/SessionClient.swift',
  'ios/bindings/AppwriteSessionBindings.swift',
  'ios/AppwriteSessionFFI.xcframework/Info.plist',
  ...slices.flatMap((slice) =>
    [
      'libappwrite_session.a',
      'Headers/AppwriteSessionFFI/AppwriteSessionFFI.h',
      'Headers/AppwriteSessionFFI/module.modulemap',
    ].map((name) => `ios/AppwriteSessionFFI.xcframework/${slice}/${name}`),
  ),
];

// At least one of each.
const several = [
  SOURCE,
  /^android\/src\/main\/(java|kotlin)\/dev\/appwritesession\/reactnative\/[A-Za-z]+\.kt$/,
  /^android\/bindings\/kotlin\/dev\/appwritesession\/[A-Za-z]+\.kt$/,
  /^android\/bindings\/screens\/(google|passkeys|browser)\/(AndroidManifest\.xml|consumer-rules\.pro)$/,
  /^android\/bindings\/screens\/(google|passkeys|browser)\/kotlin\/dev\/appwritesession\/[a-z]+\/[A-Za-z0-9]+\.kt$/,
  /^ios\/logic\/[A-Za-z]+\.swift$/,
  /^ios\/bindings\/(screens\/)?[A-Za-z]+\.swift$/,
];

// With stand-ins for the libraries. More is a surprise.
const largest = { packed: 1_080_000, unpacked: 3_800_000 };

const faults = [];
for (const path of single) if (!packed.has(path)) faults.push(`lacks ${path}`);
for (const pattern of several)
  if (![...packed].some((path) => pattern.test(path))) faults.push(`has nothing like ${pattern}`);
for (const path of packed) {
  if (!single.includes(path) && !several.some((pattern) => pattern.test(path))) faults.push(`should not have ${path}`);
}
if (size > largest.packed) faults.push(`has ${size} bytes, more than ${largest.packed}`);
if (unpackedSize > largest.unpacked)
  faults.push(`has ${unpackedSize} bytes when unpacked, more than ${largest.unpacked}`);

for (const fault of faults) console.error(`the package ${fault}`);
console.log(`${packed.size} files, ${size} bytes packed, ${unpackedSize} unpacked; ${single.length} by name`);
process.exitCode = faults.length === 0 ? 0 : 1;
