// Apple's LocalAuthentication, as far as the module uses it, with a user who answers as told.

import Foundation

/// How the user proves to be there.
public enum LAPolicy: Sendable {
  /// By face, finger or the device's code.
  case deviceOwnerAuthentication
}

/// One dialog.
public final class LAContext {
  /// What the button says that ends the dialog.
  public var localizedCancelTitle: String?

  /// A dialog that has not been shown.
  public init() {}

  /// Shows the dialog; the answer comes on another thread.
  public func evaluatePolicy(_ policy: LAPolicy, localizedReason: String, reply: @escaping @Sendable (Bool, (any Error)?) -> Void) {
    precondition(!localizedReason.isEmpty, "Apple's ends the app")
    let present = StubbedUser.answer("\(localizedReason)|\(localizedCancelTitle ?? "")")
    DispatchQueue.global().async { reply(present, nil) }
  }
}

/// Who answers the dialogs of this process.
public enum StubbedUser {
  private static let lock = NSLock()
  // Guarded by `lock`.
  nonisolated(unsafe) private static var present = false
  nonisolated(unsafe) private static var texts: [String] = []

  /// Answers from now on like this, and forgets what was asked.
  public static func answers(_ present: Bool) {
    lock.withLock {
      self.present = present
      texts = []
    }
  }

  /// What the dialogs said since then.
  public static var asked: [String] { lock.withLock { texts } }

  static func answer(_ text: String) -> Bool {
    lock.withLock {
      texts.append(text)
      return present
    }
  }
}
