/** The options of the plugin in an app's configuration, and their checks. */

/** The plugin's options. All are optional. Without any, only the backup rules are set. */
export interface AppwriteSessionPluginOptions {
  /**
   * A URL scheme with which a browser opens the app, `appwrite-callback-<project>` for Appwrite. It is registered in addition to the
   * app's own schemes. It is for sign-ins in the browser.
   */
  scheme?: string;
  /**
   * Whether the library's backup rules, which exclude sessions, are added to Android's manifest. Sessions are stored in a folder that
   * Android does not back up anyway. If the app has its own rules, they are not changed, and the plugin warns. Default `true`.
   */
  backupRules?: boolean;
  /**
   * A Keychain access group that the app shares with its extensions, `com.example.shared` or, as `createSessionClient` takes it,
   * `ABCDE12345.com.example.shared`. iOS only.
   */
  keychainAccessGroup?: string;
  /** The text that iOS shows when it first asks for Face ID, for clients with `presence`. */
  faceIdPermission?: string;
}

const KNOWN: Record<keyof AppwriteSessionPluginOptions, 'string' | 'boolean'> = {
  scheme: 'string',
  backupRules: 'boolean',
  keychainAccessGroup: 'string',
  faceIdPermission: 'string',
};

/** Checks the options. Throws an error that says what to write instead. */
export function checked(options: unknown): AppwriteSessionPluginOptions {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw wrong(`its options are an object, as in ['react-native-appwrite-session', { backupRules: true }]`);
  }
  for (const [name, value] of Object.entries(options)) {
    const type = KNOWN[name as keyof AppwriteSessionPluginOptions] as string | undefined;
    if (!type) throw wrong(`there is no option '${name}'; there are ${Object.keys(KNOWN).join(', ')}`);
    if (value !== undefined && typeof value !== type) throw wrong(`${name} is a ${type}`);
  }
  const { scheme, keychainAccessGroup, faceIdPermission } = options as AppwriteSessionPluginOptions;
  if (scheme !== undefined) checkScheme(scheme);
  if (keychainAccessGroup !== undefined && !/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(keychainAccessGroup)) {
    throw wrong(`keychainAccessGroup is a name like 'com.example.shared', not '${keychainAccessGroup}'`);
  }
  if (faceIdPermission?.trim() === '')
    throw wrong('faceIdPermission is a sentence for the user; leave it out if there is none');
  return options;
}

function checkScheme(scheme: string): void {
  if (scheme.includes(':')) {
    throw wrong(`scheme is only what stands before the '://': write '${scheme.slice(0, scheme.indexOf(':'))}'`);
  }
  // Android's comparison is case-sensitive, and browsers write schemes in lower case.
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) {
    throw wrong(`scheme is made of a-z, 0-9, '+', '.' and '-', like 'appwrite-callback-my-project', not '${scheme}'`);
  }
  if (scheme === 'http' || scheme === 'https') {
    throw wrong(
      `'${scheme}' belongs to the browser: write 'appwrite-callback-<project>', or use your app's own universal links`,
    );
  }
}

function wrong(text: string): Error {
  return new Error(`The config plugin of react-native-appwrite-session: ${text}.`);
}
