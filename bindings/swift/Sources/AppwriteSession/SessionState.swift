/// Where the user stands.
public enum SessionState: Sendable, Hashable {
  /// The secure store is being read. Ends by itself, without a request.
  case restoring
  /// The secure store is locked, so nobody knows yet. It is tried again by itself and at ``SessionClient/resume()``.
  case storageLocked
  /// Nobody is signed in, for the given reason.
  case signedOut(SignedOutReason)
  /// A session is kept, and Appwrite wants another of these factors before it is of use. Empty if Appwrite could not be asked.
  case mfaRequired([Factor])
  /// A session is kept. `verified` says whether Appwrite has confirmed it since the app started.
  case signedIn(user: User?, verified: Bool)

  /// The state's stable name, the same in every language.
  public var kind: String {
    switch self {
    case .restoring: "restoring"
    case .storageLocked: "storage_locked"
    case .signedOut: "signed_out"
    case .mfaRequired: "mfa_required"
    case .signedIn: "signed_in"
    }
  }
}

/// Why nobody is signed in. The raw value is the reason's stable name, the same in every language.
public enum SignedOutReason: String, Sendable, Codable, CaseIterable {
  /// Nothing is stored on this device.
  case noSession = "no_session"
  /// The app signed out.
  case signedOut = "signed_out"
  /// Appwrite said that the session is no more: revoked, expired, or its user deleted.
  case sessionEnded = "session_ended"
  /// The stored session could not be read for good (a restored backup, a lost key). It was set aside.
  case storageLost = "storage_lost"
  /// The secure store cannot be reached. A sign-in works, and lasts until the process ends or the store is back.
  case storageUnavailable = "storage_unavailable"
}

/// A second factor. The raw value is the factor's stable name, the same in every language.
public enum Factor: String, Sendable, Codable, CaseIterable {
  /// A code of an authenticator app.
  case totp
  /// A code sent by e-mail.
  case email
  /// A code sent by phone.
  case phone
  /// A code that the app's own servers deliver, because Appwrite does not. Since Appwrite 2.0.
  case custom
  /// One of the recovery codes that the user wrote down.
  case recoveryCode = "recovery_code"
}

/// How long what is held will last. The raw value is the stable name, the same in every language.
public enum Persistence: String, Sendable, Codable, CaseIterable {
  /// It outlives the process.
  case durable
  /// It is gone when the process ends.
  case memoryOnly = "memory_only"
}

/// One published state.
public struct Change: Sendable, Hashable {
  /// Counts the changes of one client from 0.
  public let number: UInt64
  /// Where the user stands.
  public let state: SessionState
  /// Whether what is held would survive the process.
  public let persistence: Persistence
}
