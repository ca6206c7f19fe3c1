// What the module needs from the device. Tests provide their own.

import Foundation

/// The device that the module runs on.
protocol ModuleHost: Sendable {
  /// The store for sessions that outlive the process; nil for the platform's own store.
  var store: (any SecureStore)? { get }
  /// A folder that is removed with the app. It need not exist.
  var folder: URL { get }
  /// Asks the user with the dialog of `presence`.
  func user(_ presence: Configuration.Presence) -> any UserPresence
  /// Shows the platform's screens.
  var screens: any ScreenHost { get }
  /// The URL that opened the app.
  var opened: OpenedURL { get }
}

/// The real device: the Keychain, the app's own folder, biometrics or the device passcode.
struct Device: ModuleHost {
  var store: (any SecureStore)? { nil }

  var folder: URL {
    URL(fileURLWithPath: NSHomeDirectory()).appendingPathComponent("Library/Application Support/appwrite-session")
  }

  func user(_ presence: Configuration.Presence) -> any UserPresence { LocalPresence(presence) }

  #if APPWRITE_SESSION_SCREENS
    var screens: any ScreenHost { LinkedScreens() }
  #else
    var screens: any ScreenHost { NoScreens() }
  #endif

  var opened: OpenedURL { .ofProcess }
}
