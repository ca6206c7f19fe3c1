#if canImport(AppwriteSession)
  import AppwriteSession
#endif

/// What came of a screen for a sign-in.
public enum SignInOutcome: Sendable, Hashable {
  /// The user is signed in, or a second factor is missing: the state says which.
  case signedIn(SessionState)
  /// The user closed the screen. Nothing has changed.
  case cancelled
}

/// What came of a screen for a new passkey.
public enum RegistrationOutcome: Sendable, Hashable {
  /// Appwrite has the passkey.
  case registered(Passkey)
  /// The user closed the screen. Nothing has changed.
  case cancelled
}
