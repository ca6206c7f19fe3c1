// Asks the user to prove to be there, by face, finger or the device's code.

import Foundation

#if canImport(LocalAuthentication)
  import LocalAuthentication
#endif

/// The platform's dialog, with the texts of the configuration. Without such a dialog nobody can confirm.
///
/// An app that uses it says in its Info.plist what it takes the user's face for (`NSFaceIDUsageDescription`).
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
      // Without a face, a finger or a code on the device it answers at once, with an error.
      context.evaluatePolicy(.deviceOwnerAuthentication, localizedReason: reason) { present, _ in answer.give(present) }
      // The dialog goes when its context does.
      return withExtendedLifetime(context) { answer.wait() }
    }
  #else
    func confirm() -> Bool { false }
  #endif
}

/// The user's answer, which comes on a thread of the platform's.
private final class Answer: @unchecked Sendable {
  // Written before the signal and read after it, which is why the class may say that it is Sendable.
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
