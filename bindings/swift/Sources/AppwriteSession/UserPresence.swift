import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// Asks the user for biometrics or the device passcode. On Apple's platforms that is an `LAContext`.
///
/// See ``SessionClient/Options/requirePresence(_:_:)``.
public protocol UserPresence: Sendable {
  /// Shows the platform's dialog and waits for its end: `true` if the user has confirmed. Called on a thread that may block, one at a
  /// time; calls that need the answer meanwhile share it. It must not wait for a call of the client that needs user presence.
  func confirm() -> Bool
}

/// How long a confirmation of user presence is valid. A sign-in counts as one, too.
public enum PresencePolicy: Sendable, Equatable {
  /// Until the process ends: asked once after each start of the app.
  case `default`
  /// For the calls that wait for it: asked for each use.
  case always
  /// For so many seconds.
  case session(TimeInterval)
  /// Until the app has been in the background for longer than so many seconds. Needs ``SessionClient/pause()`` and
  /// ``SessionClient/resume()`` to be called when the app leaves and comes back.
  case lifecycle(TimeInterval)

  var ffi: CorePresencePolicy {
    switch self {
    case .default: .default
    case .always: .always
    case .session(let seconds): .session(timeoutMs: milliseconds(seconds))
    case .lifecycle(let seconds): .lifecycle(timeoutMs: milliseconds(seconds))
    }
  }
}

/// An app's ``UserPresence`` as the core calls it.
final class HostPresenceAdapter: HostPresence {
  private let user: any UserPresence

  init(_ user: any UserPresence) {
    self.user = user
  }

  func confirm() throws -> Bool { Callbacks.run(.presence) { user.confirm() } }
}
