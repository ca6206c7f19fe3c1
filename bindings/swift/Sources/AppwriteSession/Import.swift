#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// What came of ``SessionClient/importSession(_:)``. The raw value is the same in every language.
public enum Import: String, Sendable, CaseIterable {
  /// The session is held, and stored.
  case imported
  /// The very session is held already: an import before this one was not cleaned up after.
  case alreadyHeld = "already_held"
  /// Another session is held, which stays. What was passed is left as it is, here and at Appwrite.
  case declined
  /// There was no session of this project in what was passed.
  case nothingFound = "nothing_found"

  /// Whether the app is to erase what it passed, which is the credential in the open.
  public var mayErase: Bool { self == .imported || self == .alreadyHeld }
}

extension CoreImport {
  var api: Import {
    switch self {
    case .imported: .imported
    case .alreadyHeld: .alreadyHeld
    case .declined: .declined
    case .nothingFound: .nothingFound
    }
  }
}
