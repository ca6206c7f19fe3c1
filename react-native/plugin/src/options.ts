/** What an app says about the plugin in its app config, and what is wrong with it. */

/** The plugin's options. All may be left out: then only the backup rules are set. */
export interface AppwriteSessionPluginOptions {
  /**
   * A URL scheme by which a browser comes back to the app, `appwrite-callback-<project>` for Appwrite. It is registered beside
   * the app's own schemes. For a sign-in in the browser, which this library does not offer yet.
   */
  scheme?: string;
  /**
   * Whether Android is told by the library's rules that sessions belong into no backup. They rest where Android backs nothing up
   * anyway. Rules of the app's own are left as they are, with a warning. Default `true`.
   */
  backupRules?: boolean;
  /**
   * A Keychain access group that the app shares with its extensions, `com.example.shared` or, as `createSessionClient` takes it,
   * `ABCDE12345.com.example.shared`. iOS only.
   */
  keychainAccessGroup?: string;
  /** What iOS shows when it first asks for Face ID, for clients with `presence`. */
  faceIdPermission?: string;
}

const KNOWN: Record<keyof AppwriteSessionPluginOptions, 'string' | 'boolean'> = {
  scheme: 'string',
  backupRules: 'boolean',
  keychainAccessGroup: 'string',
  faceIdPermission: 'string',
};

/** The options as they were given, or an error that says what to write instead. */
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
  // Android compares schemes letter by letter, and browsers write them small.
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
