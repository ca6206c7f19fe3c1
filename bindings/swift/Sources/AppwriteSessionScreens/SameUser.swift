#if canImport(AppwriteSession)
  import AppwriteSession
#endif

extension SessionClient {
  /// Refuses to go on once a screen has answered, if it is known that another user is signed in by then: what one user asked for is not done
  /// for another. If nobody is signed in, what is to be done says so itself.
  ///
  /// - Parameter asker: The state when the screen was asked for.
  /// - Throws: `SessionError` with the code `superseded`.
  func refuseAnother(than asker: SessionState) async throws {
    guard case .signedIn(let user?, _) = try await restored() else { return }
    switch asker {
    case .signedIn(let asker, _): if asker == nil || asker?.id == user.id { return }
    case .signedOut, .mfaRequired: break
    case .restoring, .storageLocked: return
    }
    throw SessionError.otherUser
  }
}
