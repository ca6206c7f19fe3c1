// Asks the user for biometrics or the device passcode.

import Foundation

#if canImport(LocalAuthentication)
  import LocalAuthentication
#endif

/// The platform's dialog, with the texts of the configuration. On a platform without the dialog, the user cannot confirm.
///
/// The Info.plist of an app that uses it must say why the app uses Face ID (`NSFaceIDUsageDescription`).
struct LocalPresence: UserPresence {
  private let reason: String
  private let cancel: String

  init(_ presence: Configuration.Presence) {
    reason = [presence.title, presence.subtitle].compactMap { $0 }.joined(separator: "\n")
    cancel = presence.cancel
  }

  #if canImport(LocalAuthentication)
    func confirm() -> Bool {
      let context = LAContext()
      context.localizedCancelTitle = cancel
      let answer = Answer()
      // If neither biometrics nor a passcode is set up on the device, it answers immediately, with an error.
      context.evaluatePolicy(.deviceOwnerAuthentication, localizedReason: reason) { present, _ in answer.give(present) }
      // The dialog is closed when its context is deallocated.
      return withExtendedLifetime(context) { answer.wait() }
    }
  #else
    func confirm() -> Bool { false }
  #endif
}

/// The user's answer, which comes on a thread of the platform.
private final class Answer: @unchecked Sendable {
  // Written before the signal and read after it, so the class is Sendable.
  private var present = false
  private let given = DispatchSemaphore(value: 0)

  func give(_ present: Bool) {
    self.present = present
    given.signal()
  }

  func wait() -> Bool {
    given.wait()
    return present
  }
}
