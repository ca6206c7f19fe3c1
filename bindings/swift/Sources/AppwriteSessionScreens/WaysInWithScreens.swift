#if canImport(AuthenticationServices)
  import AuthenticationServices
  import Foundation

  #if canImport(AppwriteSession)
    import AppwriteSession
  #endif

  extension SessionClient {
    /// Signs in with Apple, over `anchor`. The nonce is made and checked, and the name that Apple gives only once is kept on this device
    /// until Appwrite has it. Users who hide their address have one of Apple's at Appwrite.
    ///
    /// Cancelling the task closes the screen, on iOS 16 and macOS 13 or newer. The app needs the capability *Sign in with Apple*. Since
    /// Appwrite 2.1.
    ///
    /// - Parameter anchor: The window that the screen belongs to.
    /// - Returns: `SignInOutcome.cancelled` if the user closed the screen.
    /// - Throws: `SessionError` with the code `screenFailed`, whose detail is the name of a `ScreenFault`: `nothingToOffer` if the device
    ///   has no Apple Account, or the app not the capability, `interrupted` if another screen is shown. Otherwise as
    ///   `SessionClient.signIn(idToken:)`.
    @discardableResult
    public func signInWithApple(anchor: ASPresentationAnchor) async throws -> SignInOutcome {
      try await withAppleToken(of: self, over: anchor) { try await self.signIn(idToken: $0) }
    }

    /// Signs in with a passkey, over `anchor`. Nobody needs to be named: the screen offers the passkeys that it has, and those of a device
    /// nearby.
    ///
    /// Cancelling the task closes the screen. The app needs the associated domain `webcredentials:` of the relying party. Since Appwrite 2.5.
    ///
    /// - Parameter anchor: The window that the screen belongs to.
    /// - Returns: `SignInOutcome.cancelled` if the user closed the screen. A second factor is not asked for.
    /// - Throws: `SessionError` with the code `screenFailed`: `notSetUp` if the app and the domain are not associated, `interrupted` if
    ///   another screen is shown. Otherwise as `SessionClient.beginPasskey()` and `SessionClient.completePasskey(_:credential:)`.
    @available(iOS 16.0, macOS 13.0, *)
    @discardableResult
    public func signInWithPasskey(anchor: ASPresentationAnchor) async throws -> SignInOutcome {
      try await inTurn {
        let challenge = try await beginPasskey()
        let request = try PasskeyAssertionRequest(options: challenge.options)
        let answered = try await answer(of: .passkeySignIn) { try await AppleScreens(anchor: anchor).passkey(request) }
        guard let answered else { return .cancelled }
        return .signedIn(try await completePasskey(challenge, credential: answered.json))
      }
    }

    /// Signs in with a provider in the browser, over `anchor`.
    ///
    /// Cancelling the task closes the browser.
    ///
    /// - Parameters:
    ///   - provider: The provider's name as Appwrite spells it, such as `github`.
    ///   - scopes: What the app wants to be allowed at the provider, beyond what Appwrite asks for itself.
    ///   - callback: Where the browser returns to, as for `SessionClient.beginOAuth2(provider:scopes:callback:)`. A universal link needs iOS
    ///     17.4 or macOS 14.4, and the associated domain `webcredentials:` of its host.
    ///   - ephemeral: Whether the browser shares no cookies with the user's own, so that the user signs in at the provider each time.
    ///   - anchor: The window that the browser belongs to.
    /// - Returns: `SignInOutcome.cancelled` if the user closed the browser, or refused at the provider.
    /// - Throws: `SessionError` with the code `screenFailed`: `notSupported` if this system cannot wait for a universal link,
    ///   `interrupted` if the window is not in front, or another screen is shown. Otherwise as
    ///   `SessionClient.beginOAuth2(provider:scopes:callback:)` and `SessionClient.completeOAuth2(_:)`.
    @discardableResult
    public func signInWithOAuth2(
      _ provider: String, scopes: [String] = [], callback: String? = nil, ephemeral: Bool = false, anchor: ASPresentationAnchor
    ) async throws -> SignInOutcome {
      try await inTurn {
        let start = try await beginOAuth2(provider: provider, scopes: scopes, callback: callback)
        let opened: URL?
        do {
          guard let awaited = BrowserCallback(start.url, scheme: start.callbackScheme) else { throw SessionError(.notSupported) }
          opened = try await answer(of: .browser) {
            try await AppleScreens(anchor: anchor).browser(start.url, awaited, ephemeral: ephemeral)
          }
        } catch {
          // Nobody waits for the browser any more. Of a task that is not cancelled, so that it has happened before another one begins.
          await Task { try? await cancelOAuth2() }.value
          throw error
        }
        guard let opened else {
          try await cancelOAuth2()
          return .cancelled
        }
        return try await completeOAuth2(opened)
      }
    }
  }

  extension Identities {
    /// Links the user's Apple Account to the account that is signed in, which may be anonymous: it then is an account that the user can
    /// come back to. Otherwise as ``AppwriteSession/SessionClient/signInWithApple(anchor:)``, with the errors of `Identities.link(_:)`, and with the
    /// code `superseded` if somebody else has signed in while the screen was open.
    @discardableResult
    public func linkApple(anchor: ASPresentationAnchor) async throws -> SignInOutcome {
      let asker = try await client.restored()
      return try await withAppleToken(of: client, over: anchor) {
        try await client.refuseAnother(than: asker)
        return try await self.link($0)
      }
    }
  }

  extension Passkeys {
    /// Creates a passkey for the signed-in user, over `anchor`, and registers it at Appwrite.
    ///
    /// Cancelling the task closes the screen. The app needs the associated domain `webcredentials:` of the relying party. Since Appwrite 2.5.
    ///
    /// - Parameters:
    ///   - anchor: The window that the screen belongs to.
    ///   - name: The passkey's name in the list of passkeys, such as "Ada's phone".
    /// - Returns: ``RegistrationOutcome/cancelled`` if the user closed the screen.
    /// - Throws: `SessionError` with the code `alreadyExists` if the device has a passkey of this user, or `screenFailed`: `notSupported` if
    ///   the device cannot create passkeys, `notSetUp` if the app and the domain are not associated, `interrupted` if another screen is
    ///   shown; or `superseded` if somebody else has signed in meanwhile. Otherwise as `Passkeys.beginRegistration(name:)` and `Passkeys.completeRegistration(_:credential:)`.
    @available(iOS 16.0, macOS 13.0, *)
    @discardableResult
    public func register(anchor: ASPresentationAnchor, name: String? = nil) async throws -> RegistrationOutcome {
      try await inTurn {
        let asker = try await client.restored()
        let challenge = try await beginRegistration(name: name)
        let request = try PasskeyCreationRequest(options: challenge.options)
        let answered = try await answer(of: .passkeyRegistration) { try await AppleScreens(anchor: anchor).passkey(request) }
        guard let answered else { return .cancelled }
        try await client.refuseAnother(than: asker)
        return .registered(try await completeRegistration(challenge, credential: answered.json))
      }
    }
  }

  /// Gives the token of Apple's screen, with the name that goes with it, to `exchange`.
  private func withAppleToken(
    of client: SessionClient, over anchor: ASPresentationAnchor, names: AppleNames = .ofApp,
    _ exchange: (IdToken) async throws -> SessionState
  ) async throws -> SignInOutcome {
    try await inTurn {
      let nonce = try await client.generateNonce()
      let token = try await answer(of: .apple) {
        let answer = try await AppleScreens(anchor: anchor).apple(nonce: nonce.sha256)
        // Here, because a task that was cancelled meanwhile gets no further.
        let name = names.name(for: answer.token, given: answer.name)
        return IdToken(provider: .apple, token: answer.token, nonce: nonce.raw, name: name)
      }
      guard let token else { return .cancelled }
      let state = try await exchange(token)
      names.taken(with: token.token)
      return .signedIn(state)
    }
  }
#endif
