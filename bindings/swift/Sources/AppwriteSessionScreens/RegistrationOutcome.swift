#if canImport(AppwriteSession)
  import AppwriteSession
#endif

/// What came of a screen for a new passkey.
public enum RegistrationOutcome: Sendable, Hashable {
  /// Appwrite has the passkey.
  case registered(Passkey)
  /// The user closed the screen. Nothing has changed.
  case cancelled
}
