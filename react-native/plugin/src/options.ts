/** The options of the plugin in an app's configuration, and their checks. */

/** The plugin's options. All are optional. Without any, only the backup rules are set. */
export interface AppwriteSessionPluginOptions {
  /** The id of the project at Appwrite. It makes `appwrite-callback-<project>` the scheme, unless `scheme` says another one. */
  project?: string;
  /**
   * The URL scheme with which a browser opens the app after a sign-in in the browser. It is registered in addition to the app's own schemes. With
   * `browser` it must be none of these, because the browser's activity takes all links with it on Android.
   */
  scheme?: string;
  /** Whether Android's app contains Google's screen, for `signInWithGoogle`. Default `false`. */
  google?: boolean;
  /** Whether the app contains the platform's screen for passkeys. Default `false`. */
  passkeys?: boolean;
  /**
   * Whether the app contains the platform's screen for the browser: Custom Tabs and `ASWebAuthenticationSession`. It needs `project` or `scheme`.
   * Default `false`: the system's browser is opened.
   */
  browser?: boolean;
  /** Whether iOS's app contains Apple's screen, for `signInWithApple`, and has the entitlement for it. Default `false`. */
  signInWithApple?: boolean;
  /**
   * Domains that belong to the app, as iOS's entitlement has them: `webcredentials:example.com` for passkeys, `applinks:example.com` for links. They
   * are added to those of the app.
   */
  associatedDomains?: string[];
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

const KNOWN: Record<keyof AppwriteSessionPluginOptions, 'string' | 'boolean' | 'object'> = {
  project: 'string',
  scheme: 'string',
  google: 'boolean',
  passkeys: 'boolean',
  browser: 'boolean',
  signInWithApple: 'boolean',
  associatedDomains: 'object',
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
    if (value !== undefined && typeof value !== type) {
      throw wrong(`${name} is ${type === 'object' ? 'a list of strings' : `a ${type}`}`);
    }
  }
  const { project, browser, associatedDomains, keychainAccessGroup, faceIdPermission } =
    options as AppwriteSessionPluginOptions;
  if (project !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$/.test(project)) {
    throw wrong(`project is the id of the project at Appwrite, like 'my-project', not '${project}'`);
  }
  const scheme = schemeOf(options);
  if (scheme !== undefined) checkScheme(scheme);
  if (browser && scheme === undefined) {
    throw wrong(
      `browser needs to know the scheme of the callback: write project: '<the id of the project at Appwrite>'`,
    );
  }
  if (associatedDomains !== undefined) checkDomains(associatedDomains);
  if (keychainAccessGroup !== undefined && !/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(keychainAccessGroup)) {
    throw wrong(`keychainAccessGroup is a name like 'com.example.shared', not '${keychainAccessGroup}'`);
  }
  if (faceIdPermission?.trim() === '')
    throw wrong('faceIdPermission is a sentence for the user; leave it out if there is none');
  return options;
}

/** The scheme of the callback, if there is one. Browsers write schemes in lower case. */
export const schemeOf = ({ scheme, project }: AppwriteSessionPluginOptions): string | undefined =>
  scheme ?? (project === undefined ? undefined : `appwrite-callback-${project.toLowerCase()}`);

function checkDomains(domains: unknown): void {
  if (!Array.isArray(domains) || !domains.every((domain) => typeof domain === 'string')) {
    throw wrong(`associatedDomains is a list of strings, as in ['webcredentials:example.com']`);
  }
  for (const domain of domains) {
    if (!/^[a-z]+:[^\s/:]+$/.test(domain)) {
      throw wrong(`associatedDomains are like 'webcredentials:example.com', without '://' or a path, not '${domain}'`);
    }
  }
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

/** Where an app's configuration has the schemes of its own links. Other releases of Expo have other types of them. */
interface OwnLinks {
  scheme?: unknown;
  android?: { scheme?: unknown; package?: unknown };
}

/** Checks that the links of the app itself have another scheme than the one that the browser's activity takes on Android. */
export function checkIsForBrowserAlone(scheme: string, { scheme: own, android }: OwnLinks): void {
  if ([own, android?.scheme, android?.package].flat().includes(scheme)) {
    throw wrong(
      `with browser, the links of '${scheme}' go to the browser's activity on Android, and it is a scheme of the app itself: leave scheme out ` +
        `and write project, or use another one`,
    );
  }
}

function wrong(text: string): Error {
  return new Error(`The config plugin of react-native-appwrite-session: ${text}.`);
}
