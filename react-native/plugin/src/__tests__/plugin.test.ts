/** The config plugin under Expo's real mod compiler: what stands in the native projects afterwards. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { compileModsAsync, type ExportedConfig } from '@expo/config-plugins';

import withAppwriteSession, { type AppwriteSessionPluginOptions } from '..';

jest.mock('expo/config-plugins', () => jest.requireActual<object>('@expo/config-plugins'), { virtual: true });

// As Expo's template has it, with a link of the web that the app handles itself.
const MANIFEST = `<manifest xmlns:android="http://schemas.android.com/apk/res/android">
  <uses-permission android:name="android.permission.INTERNET"/>
  <application android:name=".MainApplication" android:label="@string/app_name" android:allowBackup="true" android:theme="@style/AppTheme">
    <activity android:name=".MainActivity" android:launchMode="singleTask" android:exported="true">
      <intent-filter>
        <action android:name="android.intent.action.MAIN"/>
        <category android:name="android.intent.category.LAUNCHER"/>
      </intent-filter>
      <intent-filter android:autoVerify="true">
        <action android:name="android.intent.action.VIEW"/>
        <category android:name="android.intent.category.DEFAULT"/>
        <category android:name="android.intent.category.BROWSABLE"/>
        <data android:scheme="https" android:host="shop.example.com"/>
      </intent-filter>
    </activity>
  </application>
</manifest>
`;

const GRADLE = `android {
    namespace 'com.example.shop'
    defaultConfig {
        applicationId 'com.example.shop'
        minSdkVersion 24
    }
}
`;

const PODFILE = `require File.join(File.dirname(\`node --print "require.resolve('expo/package.json')"\`), "scripts/autolinking")

target 'Shop' do
end
`;

let project: string;
let manifestFile: string;
let warnings: jest.SpyInstance;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'plugin-'));
  manifestFile = join(project, 'android/app/src/main/AndroidManifest.xml');
  mkdirSync(dirname(manifestFile), { recursive: true });
  writeFileSync(manifestFile, MANIFEST);
  write('android/gradle.properties', 'hermesEnabled=true\n');
  write('android/app/build.gradle', GRADLE);
  write('ios/Podfile', PODFILE);
  warnings = jest.spyOn(console, 'warn').mockImplementation();
});

afterEach(() => {
  warnings.mockRestore();
  rmSync(project, { recursive: true });
});

const read = (file: string) => readFileSync(join(project, file), 'utf8');

function write(file: string, text: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
}

const app = (more: Partial<ExportedConfig> = {}): ExportedConfig => ({
  name: 'Shop',
  slug: 'shop',
  _internal: { projectRoot: project },
  ...more,
});

/** The manifest after `expo prebuild` for Android. */
async function manifest(options?: AppwriteSessionPluginOptions): Promise<string> {
  await compileModsAsync(withAppwriteSession(app(), options), { projectRoot: project, platforms: ['android'] });
  return readFileSync(manifestFile, 'utf8');
}

interface Ios {
  infoPlist: Record<string, unknown>;
  entitlements: Record<string, string[]>;
}

/** The property lists after `expo prebuild` for iOS, from what the app says about them itself. */
async function ios(options: AppwriteSessionPluginOptions, own: ExportedConfig['ios'] = {}): Promise<Ios> {
  const config = withAppwriteSession(app({ ios: { bundleIdentifier: 'com.example.shop', ...own } }), options);
  const done = await compileModsAsync(config, { projectRoot: project, platforms: ['ios'], introspect: true });
  return (done._internal as { modResults: { ios: Ios } }).modResults.ios;
}

const count = (text: string, part: string) => text.split(part).length - 1;

describe('backup rules', () => {
  it('are set without options, and backups of the app stay allowed', async () => {
    const after = await manifest();
    expect(after).toContain('android:dataExtractionRules="@xml/appwrite_session_data_extraction_rules"');
    expect(after).toContain('android:fullBackupContent="@xml/appwrite_session_full_backup_content"');
    expect(after).toContain('android:allowBackup="true"');
    expect(warnings).not.toHaveBeenCalled();
  });

  it('name resources that the library has', () => {
    const resources = join(__dirname, '../../../../bindings/kotlin/android/src/main/res/xml');
    expect(readFileSync(join(resources, 'appwrite_session_data_extraction_rules.xml'), 'utf8')).toContain(
      '<data-extraction-rules>',
    );
    expect(readFileSync(join(resources, 'appwrite_session_full_backup_content.xml'), 'utf8')).toContain(
      '<full-backup-content>',
    );
  });

  it('of the app itself are kept, with a warning that says what to do', async () => {
    writeFileSync(manifestFile, MANIFEST.replace('<application', '<application android:fullBackupContent="@xml/own"'));
    const after = await manifest();
    expect(after).toContain('android:fullBackupContent="@xml/own"');
    expect(after).toContain('android:dataExtractionRules="@xml/appwrite_session_data_extraction_rules"');
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings).toHaveBeenCalledWith(
      expect.stringMatching(/android:fullBackupContent.*@xml\/own is kept.*<exclude domain="root"/),
    );
  });

  it('are left alone when the app says so', async () => {
    const after = await manifest({ backupRules: false });
    expect(after).not.toContain('appwrite_session');
    expect(warnings).not.toHaveBeenCalled();
  });
});

describe('the scheme', () => {
  const scheme = 'appwrite-callback-my-project';

  it('opens the main activity by a filter of its own, apart from the links of the web', async () => {
    const after = await manifest({ scheme });
    const filters = after.split('<intent-filter').slice(1);
    expect(filters).toHaveLength(3);
    expect(filters[1]).not.toContain(scheme);
    expect(filters[2]).toContain(`<data android:scheme="${scheme}"/>`);
    for (const part of ['intent.action.VIEW', 'intent.category.DEFAULT', 'intent.category.BROWSABLE']) {
      expect(filters[2]).toContain(part);
    }
  });

  it('is a URL type of iOS, beside those of the app', async () => {
    const own = { CFBundleURLTypes: [{ CFBundleURLSchemes: ['shop'] }] };
    const { infoPlist } = await ios({ scheme }, { infoPlist: own });
    expect(infoPlist.CFBundleURLTypes).toEqual([{ CFBundleURLSchemes: ['shop'] }, { CFBundleURLSchemes: [scheme] }]);
  });

  it('is not there unless it is given', async () => {
    expect(await manifest()).not.toContain('appwrite-callback');
    expect((await ios({})).infoPlist).not.toHaveProperty('CFBundleURLTypes');
  });

  it('needs a main activity', async () => {
    writeFileSync(
      manifestFile,
      MANIFEST.replace('.MainActivity', '.Other').replace('intent.action.MAIN', 'intent.action.EDIT'),
    );
    await expect(manifest({ scheme })).rejects.toThrow('MainActivity');
  });
});

describe('the Keychain access group', () => {
  it('comes after the app’s own, which stays the one for everything else', async () => {
    const { entitlements } = await ios({ keychainAccessGroup: 'com.example.shared' });
    expect(entitlements['keychain-access-groups']).toEqual([
      '$(AppIdentifierPrefix)$(CFBundleIdentifier)',
      '$(AppIdentifierPrefix)com.example.shared',
    ]);
  });

  it('is taken as it is with the team’s id, and joins the groups that the app has', async () => {
    const own = { 'keychain-access-groups': ['$(AppIdentifierPrefix)com.example.first'] };
    const { entitlements } = await ios({ keychainAccessGroup: 'ABCDE12345.com.example.shared' }, { entitlements: own });
    expect(entitlements['keychain-access-groups']).toEqual([
      '$(AppIdentifierPrefix)com.example.first',
      'ABCDE12345.com.example.shared',
    ]);
  });

  it('is not there unless it is given', async () => {
    expect((await ios({})).entitlements).not.toHaveProperty('keychain-access-groups');
  });
});

describe('the text for Face ID', () => {
  it('stands in the Info.plist, and nothing stands there without it', async () => {
    expect((await ios({ faceIdPermission: 'To show your orders.' })).infoPlist.NSFaceIDUsageDescription).toBe(
      'To show your orders.',
    );
    expect((await ios({})).infoPlist).not.toHaveProperty('NSFaceIDUsageDescription');
    const own = { infoPlist: { NSFaceIDUsageDescription: 'Mine.' } };
    expect((await ios({}, own)).infoPlist.NSFaceIDUsageDescription).toBe('Mine.');
  });
});

describe('the project', () => {
  it('makes the scheme, in lower case, and a scheme that is given counts more', async () => {
    expect(await manifest({ project: 'My-Project' })).toContain(
      '<data android:scheme="appwrite-callback-my-project"/>',
    );
    const { infoPlist } = await ios({ project: 'my-project', scheme: 'shop-in' });
    expect(infoPlist.CFBundleURLTypes).toEqual([{ CFBundleURLSchemes: ['shop-in'] }]);
  });
});

describe('the screens of Android', () => {
  it('are named in gradle.properties, and no other is', async () => {
    await manifest({ google: true, passkeys: false });
    expect(read('android/gradle.properties')).toContain('hermesEnabled=true');
    expect(read('android/gradle.properties')).toContain('appwriteSession.google=true');
    expect(read('android/gradle.properties')).not.toMatch(/appwriteSession\.(passkeys|browser)/);
    // The next prebuild, with other options.
    await manifest({ passkeys: true });
    expect(read('android/gradle.properties').match(/appwriteSession\.\w+=\w+/g)).toEqual([
      'appwriteSession.passkeys=true',
    ]);
  });

  it('of the browser take the callback in place of the main activity', async () => {
    const after = await manifest({ browser: true, project: 'my-project' });
    expect(after).not.toContain('appwrite-callback');
    expect(read('android/gradle.properties')).toContain('appwriteSession.browser=true');
    const placeholder = 'manifestPlaceholders["appwriteSessionCallbackScheme"] = "appwrite-callback-my-project"';
    expect(read('android/app/build.gradle')).toContain(
      `defaultConfig {\n        ${placeholder}\n        applicationId`,
    );
    await manifest({ browser: true, scheme: 'shop-in' });
    expect(read('android/app/build.gradle').match(/manifestPlaceholders.*/g)).toEqual([
      'manifestPlaceholders["appwriteSessionCallbackScheme"] = "shop-in"',
    ]);
  });

  it.each([
    { scheme: 'shop-in' },
    { scheme: ['shop', 'shop-in'] },
    { android: { package: 'shop.in', scheme: 'shop-in' } },
  ])('of the browser do not take the links of the app itself: %j', (own) => {
    const options = { browser: true, scheme: 'shop-in' };
    expect(() => withAppwriteSession(app(own), options)).toThrow("'shop-in' go to the browser's activity");
    expect(() => withAppwriteSession(app(own), { scheme: 'shop-in' })).not.toThrow();
    expect(() => withAppwriteSession(app(own), { browser: true, project: 'shop-in' })).not.toThrow();
  });

  it('say what to write where the plugin cannot', async () => {
    write('android/app/build.gradle', 'android {\n}\n');
    await expect(manifest({ browser: true, scheme: 'shop-in' })).rejects.toThrow('has no defaultConfig');
    rmSync(join(project, 'android/app/build.gradle'));
    write('android/app/build.gradle.kts', 'android {\n}\n');
    await manifest({ browser: true, scheme: 'shop-in' });
    expect(warnings).toHaveBeenCalledWith(
      expect.stringContaining('manifestPlaceholders["appwriteSessionCallbackScheme"] = "shop-in"'),
    );
  });
});

describe('the screens of iOS', () => {
  /** The Podfile after `expo prebuild` for iOS. */
  const podfile = async (options: AppwriteSessionPluginOptions) => {
    write('ios/Shop/Info.plist', '<plist><dict/></plist>');
    write('ios/Shop/Shop.entitlements', '<plist><dict/></plist>');
    const config = withAppwriteSession(app({ ios: { bundleIdentifier: 'com.example.shop' } }), options);
    const { mods } = config as { mods?: { ios?: { podfile?: unknown } } };
    const podfile = mods?.ios?.podfile;
    const only = { ...config, mods: { ios: podfile ? { podfile } : {} } } as ExportedConfig;
    await compileModsAsync(only, { projectRoot: project, platforms: ['ios'] });
    return read('ios/Podfile');
  };

  it.each([{ passkeys: true }, { signInWithApple: true }, { browser: true, project: 'my-project' }])(
    'are named at the beginning of the Podfile: %j',
    async (options) => {
      const after = `$AppwriteSessionScreens = true\n${PODFILE}`;
      expect(await podfile(options)).toBe(after);
      expect(await podfile(options)).toBe(after);
    },
  );

  it('are not there unless one is wanted', async () => {
    expect(await podfile({ google: true, scheme: 'shop-in', associatedDomains: ['applinks:example.com'] })).toBe(
      PODFILE,
    );
  });

  it('of Apple have their entitlement', async () => {
    const wanted = await ios({ signInWithApple: true });
    expect(wanted.entitlements['com.apple.developer.applesignin']).toEqual(['Default']);
    expect((await ios({ passkeys: true })).entitlements).not.toHaveProperty('com.apple.developer.applesignin');
  });
});

describe('associated domains', () => {
  it('join those of the app, once each', async () => {
    const associatedDomains = ['webcredentials:example.com', 'applinks:example.com'];
    const { entitlements } = await ios(
      { associatedDomains },
      { entitlements: { 'com.apple.developer.associated-domains': ['applinks:example.com', 'applinks:shop.example'] } },
    );
    expect(entitlements['com.apple.developer.associated-domains']).toEqual([
      'applinks:example.com',
      'applinks:shop.example',
      'webcredentials:example.com',
    ]);
    expect((await ios({})).entitlements).not.toHaveProperty('com.apple.developer.associated-domains');
  });
});

const everything: AppwriteSessionPluginOptions = {
  scheme: 'appwrite-callback-my-project',
  google: true,
  passkeys: true,
  signInWithApple: true,
  associatedDomains: ['webcredentials:example.com'],
  keychainAccessGroup: 'com.example.shared',
  faceIdPermission: 'To show your orders.',
};

it('changes nothing the second time', async () => {
  const first = await manifest(everything);
  expect(await manifest(everything)).toBe(first);
  expect(count(first, 'appwrite-callback-my-project')).toBe(1);

  const once = await ios(everything);
  const twice = await ios(everything, { infoPlist: once.infoPlist, entitlements: once.entitlements });
  expect(twice).toEqual(once);
});

it('runs once for an app that names it twice', async () => {
  writeFileSync(manifestFile, MANIFEST.replace('<application', '<application android:fullBackupContent="@xml/own"'));
  const config = withAppwriteSession(withAppwriteSession(app(), everything), everything);
  await compileModsAsync(config, { projectRoot: project, platforms: ['android'] });
  expect(warnings).toHaveBeenCalledTimes(1);
});

describe('wrong options are refused with what to write instead', () => {
  it.each([
    [
      { schema: 'x' },
      "there is no option 'schema'; there are project, scheme, google, passkeys, browser, signInWithApple, associatedDomains, backupRules, keychainAccessGroup, faceIdPermission",
    ],
    [['x'], "its options are an object, as in ['react-native-appwrite-session', {"],
    ['x', "its options are an object, as in ['react-native-appwrite-session', {"],
    [{ backupRules: 'no' }, 'backupRules is a boolean'],
    [{ scheme: true }, 'scheme is a string'],
    [{ scheme: 'appwrite-callback-x://auth' }, "write 'appwrite-callback-x'"],
    [{ scheme: 'Appwrite_Callback' }, "like 'appwrite-callback-my-project', not 'Appwrite_Callback'"],
    [{ scheme: 'https' }, "'https' belongs to the browser"],
    [{ project: 'my project' }, "like 'my-project', not 'my project'"],
    [{ project: 'my_project' }, "scheme is made of a-z, 0-9, '+', '.' and '-'"],
    [{ browser: true }, "browser needs to know the scheme of the callback: write project: '"],
    [{ google: 'yes' }, 'google is a boolean'],
    [{ associatedDomains: 'example.com' }, 'associatedDomains is a list of strings'],
    [{ associatedDomains: [7] }, "associatedDomains is a list of strings, as in ['webcredentials:example.com']"],
    [{ associatedDomains: ['https://example.com'] }, "like 'webcredentials:example.com', without '://' or a path"],
    [{ keychainAccessGroup: 'shared' }, "a name like 'com.example.shared', not 'shared'"],
    [{ keychainAccessGroup: '$(AppIdentifierPrefix)com.example.shared' }, "a name like 'com.example.shared'"],
    [{ faceIdPermission: ' ' }, 'faceIdPermission is a sentence for the user'],
  ])('%j', (options, text) => {
    const wrong = options as AppwriteSessionPluginOptions;
    expect(() => withAppwriteSession(app(), wrong)).toThrow(text);
    expect(() => withAppwriteSession(app(), wrong)).toThrow('The config plugin of react-native-appwrite-session: ');
  });
});
