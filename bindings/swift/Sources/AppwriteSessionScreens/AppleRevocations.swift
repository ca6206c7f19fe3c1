#if canImport(AuthenticationServices)
  import AuthenticationServices
  import Foundation

  #if canImport(AppwriteSession)
    import AppwriteSession
  #endif

  /// What the device says about a user's Apple Account and this app.
  public enum AppleCredentialState: Sendable, Hashable, CaseIterable {
    /// The user signs in to the app with Apple.
    case authorized
    /// The user has stopped using Apple for this app, in the settings of the device. Offer to sign out.
    case revoked
    /// The device knows nothing about it: the user signed in with Apple on another device, or with another Apple Account.
    case notFound
    /// The app was transferred to another team, and the user has another id there.
    case transferred
  }

  extension SessionClient {
    /// An element each time that the device says that the user has stopped using an Apple Account for this app, while the app runs. The
    /// session goes on: Appwrite does not hear of it. What the app should do is to sign out, if the user signed in with Apple;
    /// ``appleCredentialState()`` says whether it is about the account that is signed in.
    ///
    /// The stream ends when its task is cancelled. It does not keep the client alive.
    ///
    /// - Parameter signingOut: Whether the client signs out by itself before the element comes, however the user signed in. For apps that
    ///   have no other way in than Apple.
    public func appleRevocations(signingOut: Bool = false) -> AsyncStream<Void> {
      AsyncStream { continuation in
        let observation = Observation(
          NotificationCenter.default.addObserver(
            forName: ASAuthorizationAppleIDProvider.credentialRevokedNotification, object: nil, queue: nil
          ) { [weak self] _ in
            Task {
              // A sign-out takes effect on the device whatever else fails.
              if signingOut { try? await self?.signOut() }
              continuation.yield()
            }
          })
        continuation.onTermination = { _ in observation.end() }
      }
    }

    /// What the device says about the Apple Account of the signed-in user, for the start of the app. Nil if the user has none.
    ///
    /// - Throws: `SessionError` as `Identities.list()`, because Appwrite is asked for the Apple Account's id, and `screenFailed` if the device
    ///   does not answer.
    public func appleCredentialState() async throws -> AppleCredentialState? {
      guard let identity = try await identities.list().first(where: { $0.provider == "apple" }) else { return nil }
      return try await withCheckedThrowingContinuation { continuation in
        ASAuthorizationAppleIDProvider().getCredentialState(forUserID: identity.providerUserId) { state, error in
          if error != nil { return continuation.resume(throwing: SessionError(.interrupted)) }
          switch state {
          case .authorized: continuation.resume(returning: .authorized)
          case .revoked: continuation.resume(returning: .revoked)
          case .transferred: continuation.resume(returning: .transferred)
          default: continuation.resume(returning: .notFound)
          }
        }
      }
    }
  }

  /// An observer of notifications. Apple's own says of no type that it may be passed between threads; the centre is thread-safe.
  private struct Observation: @unchecked Sendable {
    private let observer: any NSObjectProtocol
    init(_ observer: any NSObjectProtocol) { self.observer = observer }
    func end() { NotificationCenter.default.removeObserver(observer) }
  }
#endif
