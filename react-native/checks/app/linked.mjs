// Asserts that `react-native config`, read from standard input, links the package into both platforms.

let text = '';
for await (const part of process.stdin) text += part;
const { dependencies, project } = JSON.parse(text);
const { ios, android } = dependencies['react-native-appwrite-session']?.platforms ?? {};

const checks = {
  'the app has both platforms': Boolean(project.ios && project.android),
  'iOS takes the podspec': /\/node_modules\/react-native-appwrite-session\/[A-Za-z-]+\.podspec$/.test(
    ios?.podspecPath ?? '',
  ),
  'iOS takes this version': ios?.version !== undefined,
  'Android takes the folder': (android?.sourceDir ?? '').endsWith(
    '/node_modules/react-native-appwrite-session/android',
  ),
  'Android imports the package':
    android?.packageImportPath === 'import dev.appwritesession.reactnative.AppwriteSessionPackage;',
  'Android makes the package': android?.packageInstance === 'new AppwriteSessionPackage()',
  'Android links the generated code': android?.libraryName === 'AppwriteSessionSpec' && Boolean(android.cmakeListsPath),
};
const failed = Object.keys(checks).filter((name) => !checks[name]);
for (const name of failed) console.error(`not so: ${name}`);
console.log(`react-native config: ${Object.keys(checks).length} checks, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
