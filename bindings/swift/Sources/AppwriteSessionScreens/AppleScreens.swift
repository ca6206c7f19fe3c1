// Shows Apple's screens. Everything that can be decided without them is in the other files.

#if canImport(AuthenticationServices)
  import AuthenticationServices
  import Foundation

  #if canImport(AppwriteSession)
    import AppwriteSession
  #endif

  /// What Apple's own sign-in screen answered. Holds secrets.
  struct AppleAnswer: Sendable {
    let token: String
    let name: String?
    /// The authorization code, for servers that revoke the app's access at Apple.
    let code: String?
  }

  /// The screens over one window.
  @MainActor struct AppleScreens {
    let anchor: ASPresentationAnchor

    func apple(nonce sha256: String) async throws -> AppleAnswer {
      let request = ASAuthorizationAppleIDProvider().createRequest()
      request.requestedScopes = [.fullName, .email]
      request.nonce = sha256
      return try await ScreenAuthorization(anchor).perform(request) { (credential: ASAuthorizationAppleIDCredential) in
        guard let token = credential.identityToken else { return nil }
        return AppleAnswer(
          token: String(decoding: token, as: UTF8.self), name: credential.fullName.flatMap(name),
          code: credential.authorizationCode.map { String(decoding: $0, as: UTF8.self) })
      }
    }

    @available(iOS 16.0, macOS 13.0, *)
    func passkey(_ wanted: PasskeyAssertionRequest) async throws -> PasskeyAnswer {
      let provider = ASAuthorizationPlatformPublicKeyCredentialProvider(relyingPartyIdentifier: wanted.relyingParty)
      let request = provider.createCredentialAssertionRequest(challenge: wanted.challenge)
      request.userVerificationPreference = preference(wanted.userVerification)
      request.allowedCredentials = wanted.allowed.map(ASAuthorizationPlatformPublicKeyCredentialDescriptor.init(credentialID:))
      return try await ScreenAuthorization(anchor).perform(request) { (credential: ASAuthorizationPlatformPublicKeyCredentialAssertion) in
        guard let data = credential.rawAuthenticatorData as Data?, let signature = credential.signature as Data? else { return nil }
        var attachment: ASAuthorizationPublicKeyCredentialAttachment?
        if #available(iOS 16.6, macOS 13.5, *) { attachment = credential.attachment }
        return PasskeyAnswer(
          id: credential.credentialID, clientData: credential.rawClientDataJSON, attachment: attachment.flatMap(named),
          response: .assertion(authenticatorData: data, signature: signature, userHandle: credential.userID as Data?))
      }
    }

    @available(iOS 16.0, macOS 13.0, *)
    func passkey(_ wanted: PasskeyCreationRequest) async throws -> PasskeyAnswer {
      let provider = ASAuthorizationPlatformPublicKeyCredentialProvider(relyingPartyIdentifier: wanted.relyingParty)
      let request = provider.createCredentialRegistrationRequest(
        challenge: wanted.challenge, name: wanted.name, userID: wanted.userID)
      request.displayName = wanted.displayName
      request.userVerificationPreference = preference(wanted.userVerification)
      if #available(iOS 17.4, macOS 13.5, *), !wanted.excluded.isEmpty {
        request.excludedCredentials = wanted.excluded.map(ASAuthorizationPlatformPublicKeyCredentialDescriptor.init(credentialID:))
      }
      return try await ScreenAuthorization(anchor).perform(request) {
        (credential: ASAuthorizationPlatformPublicKeyCredentialRegistration) in
        guard let attestation = credential.rawAttestationObject else { return nil }
        var attachment: ASAuthorizationPublicKeyCredentialAttachment?
        if #available(iOS 16.6, macOS 13.5, *) { attachment = credential.attachment }
        return PasskeyAnswer(
          id: credential.credentialID, clientData: credential.rawClientDataJSON, attachment: attachment.flatMap(named),
          response: .registration(attestationObject: attestation))
      }
    }

    func browser(_ url: URL, _ callback: BrowserCallback, ephemeral: Bool) async throws -> URL {
      try await ScreenBrowser(anchor).open(url, callback, ephemeral: ephemeral)
    }
  }

  /// The name as people write it where the user is.
  private func name(_ parts: PersonNameComponents) -> String? {
    #if canImport(Darwin)
      let name = PersonNameComponentsFormatter.localizedString(from: parts, style: .default)
    #else
      let name = [parts.givenName, parts.familyName].compactMap { $0 }.joined(separator: " ")
    #endif
    return name.isEmpty ? nil : name
  }

  private func preference(_ wanted: UserVerification) -> ASAuthorizationPublicKeyCredentialUserVerificationPreference {
    switch wanted {
    case .required: .required
    case .preferred: .preferred
    case .discouraged: .discouraged
    }
  }

  private func named(_ attachment: ASAuthorizationPublicKeyCredentialAttachment) -> PasskeyAnswer.Attachment? {
    switch attachment {
    case .platform: .platform
    case .crossPlatform: .crossPlatform
    @unknown default: nil
    }
  }

  /// One request of an `ASAuthorizationController`. The controller does not hold its delegate, so the waiting task does.
  @MainActor
  private final class ScreenAuthorization: NSObject, ASAuthorizationControllerDelegate,
    ASAuthorizationControllerPresentationContextProviding
  {
    private let anchor: ASPresentationAnchor
    private var controller: ASAuthorizationController?
    private var end: ((Result<any ASAuthorizationCredential, any Error>) -> Void)?

    init(_ anchor: ASPresentationAnchor) { self.anchor = anchor }

    /// What `read` reads of the answer. Before iOS 16 a task that is cancelled does not wait any more, but the screen stays.
    func perform<Credential, Answer: Sendable>(
      _ request: ASAuthorizationRequest, _ read: @escaping @MainActor (Credential) -> Answer?
    ) async throws -> Answer {
      try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          end = { result in
            continuation.resume(
              with: result.flatMap { credential in
                guard let answer = (credential as? Credential).flatMap(read) else { return .failure(SessionError(.interrupted)) }
                return .success(answer)
              })
          }
          let controller = ASAuthorizationController(authorizationRequests: [request])
          controller.delegate = self
          controller.presentationContextProvider = self
          self.controller = controller
          controller.performRequests()
        }
      } onCancel: {
        Task { @MainActor in self.close() }
      }
    }

    private func close() {
      if #available(iOS 16.0, macOS 13.0, *) { controller?.cancel() }
      finish(.failure(CancellationError()))
    }

    /// Only the first end counts.
    private func finish(_ result: Result<any ASAuthorizationCredential, any Error>) {
      controller = nil
      end?(result)
      end = nil
    }

    func authorizationController(controller: ASAuthorizationController, didCompleteWithAuthorization authorization: ASAuthorization) {
      finish(.success(authorization.credential))
    }

    func authorizationController(controller: ASAuthorizationController, didCompleteWithError error: any Error) {
      finish(.failure(error))
    }

    func presentationAnchor(for controller: ASAuthorizationController) -> ASPresentationAnchor { anchor }
  }

  /// One `ASWebAuthenticationSession`, which is gone when nothing holds it.
  @MainActor private final class ScreenBrowser: NSObject, ASWebAuthenticationPresentationContextProviding {
    private let anchor: ASPresentationAnchor
    private var session: ASWebAuthenticationSession?
    private var waiting: CheckedContinuation<URL, any Error>?

    init(_ anchor: ASPresentationAnchor) { self.anchor = anchor }

    func open(_ url: URL, _ callback: BrowserCallback, ephemeral: Bool) async throws -> URL {
      try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          waiting = continuation
          // It is called on a thread of the platform's choice.
          let completed: @Sendable (URL?, (any Error)?) -> Void = { url, error in
            let result = url.map(Result.success) ?? .failure(error ?? SessionError(.interrupted))
            Task { @MainActor in self.finish(result) }
          }
          guard let session = session(url, callback, completed) else { return finish(.failure(SessionError(.notSupported))) }
          session.presentationContextProvider = self
          session.prefersEphemeralWebBrowserSession = ephemeral
          self.session = session
          // Its own error, which says more, may be on its way.
          if !session.start() { Task { finish(.failure(SessionError(.interrupted))) } }
        }
      } onCancel: {
        Task { @MainActor in self.close() }
      }
    }

    /// The session for that callback; nil if this system cannot wait for a universal link.
    private func session(
      _ url: URL, _ callback: BrowserCallback, _ completed: @escaping @Sendable (URL?, (any Error)?) -> Void
    ) -> ASWebAuthenticationSession? {
      switch callback {
      case .scheme(let scheme): return ASWebAuthenticationSession(url: url, callbackURLScheme: scheme, completionHandler: completed)
      case .https(let host, let path):
        guard #available(iOS 17.4, macOS 14.4, *) else { return nil }
        return ASWebAuthenticationSession(url: url, callback: .https(host: host, path: path), completionHandler: completed)
      }
    }

    private func close() {
      session?.cancel()
      finish(.failure(CancellationError()))
    }

    /// Only the first end counts.
    private func finish(_ result: Result<URL, any Error>) {
      session = nil
      waiting?.resume(with: result)
      waiting = nil
    }

    func presentationAnchor(for session: ASWebAuthenticationSession) -> ASPresentationAnchor { anchor }
  }
#endif
