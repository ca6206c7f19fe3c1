// What the module takes from the device. Tests give their own.

import Foundation

/// The device that the module runs on.
protocol ModuleHost: Sendable {
  /// Where sessions rest that outlive the process; nil for the platform's own store.
  var store: (any SecureStore)? { get }
  /// A folder that goes when the app is removed. It need not be there.
  var folder: URL { get }
  /// Whoever answers the dialog of `presence`.
  func user(_ presence: Configuration.Presence) -> any UserPresence
}

/// The real one: the Keychain, the app's own folder, face, finger or code.
struct Device: ModuleHost {
  var store: (any SecureStore)? { nil }

  var folder: URL {
    URL(fileURLWithPath: NSHomeDirectory()).appendingPathComponent("Library/Application Support/appwrite-session")
  }

  func user(_ presence: Configuration.Presence) -> any UserPresence { LocalPresence(presence) }
}
