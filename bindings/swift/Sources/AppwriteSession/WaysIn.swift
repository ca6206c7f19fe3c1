import Foundation

extension SessionClient {
  // MARK: Google's and Apple's own screens

  /// Makes a nonce: a number that is used once, and binds an ID token to the sign-in that asked for it. Makes no request.
  public func generateNonce() async throws -> Nonce { try await perform("generateNonce", read: Shown.nonce) }

  /// Signs in with an ID token that Google's or Apple's own screen gave the app. It never links the account that is signed in; for that
  /// there is ``Identities/link(_:)``. Since Appwrite 2.1. Otherwise as ``signIn(email:password:)``.
  ///
  /// - Throws: ``SessionError`` with the code `invalidToken` if Appwrite refuses the token (wrong audience, wrong nonce, expired),
  ///   `forbidden` if the project does not take the provider's ID tokens, `invalidInput` if the provider has not verified the user's
  ///   e-mail address, `unsupported` on an older server, or `config` if the token cannot be one.
  @discardableResult
  public func signIn(idToken: IdToken) async throws -> SessionState {
    try await perform(
      "signInWithIdToken", .text(idToken.provider.rawValue), .text(idToken.token), .text(idToken.nonce), .text(idToken.accessToken),
      .text(idToken.name), read: Shown.state)
  }

  // MARK: Passkeys

  /// Begins to sign in with a passkey. Give the challenge's ``PasskeyChallenge/options`` to the platform's screen, and what that answers
  /// to ``completePasskey(_:credential:)``. Nobody needs to be named: the screen offers the passkeys that it has. Since Appwrite 2.5.
  ///
  /// - Throws: ``SessionError`` with the code `forbidden` if the project has passkeys switched off, `unsupported` on an older server,
  ///   `rateLimited`, or one of the network's.
  public func beginPasskey() async throws -> PasskeyChallenge { try await perform("beginPasskey", read: Shown.challenge) }

  /// Signs in with `credential`, the WebAuthn JSON that the platform's screen answered to `challenge`. A passkey counts as two factors.
  /// Otherwise as ``signIn(email:password:)``.
  ///
  /// - Throws: ``SessionError`` with the code `invalidToken` if the challenge was used or has expired, or if the answer does not fit it;
  ///   begin anew. `config` if `credential` is no JSON object, and nothing is sent.
  @discardableResult
  public func completePasskey(_ challenge: PasskeyChallenge, credential: String) async throws -> SessionState {
    try await perform("completePasskey", .text(challenge.id), .text(credential), read: Shown.state)
  }

  // MARK: Providers in the browser

  /// Begins to sign in with a provider in the browser. Open the URL, and give the URL that the browser returns to the app to
  /// ``completeOAuth2(_:)``, within an hour. The sign-in is stored, so the app may be ended meanwhile. A new one takes the place of the
  /// one before. If a sign-out or another sign-in is called later, that one wins. Makes no request.
  ///
  /// - Parameters:
  ///   - provider: The provider's name as Appwrite spells it, such as `github` or `google`.
  ///   - scopes: What the app wants to be allowed at the provider, beyond what Appwrite asks for itself.
  ///   - callback: Where the browser returns to, in place of `appwrite-callback-<project>://oauth2`: a universal link, which no other app
  ///     can claim, or a URL with a scheme of the app's own. Its host or its scheme must be one of the project's platforms. Appwrite 1.5
  ///     takes https only.
  /// - Throws: ``SessionError`` with the code `config` if the provider's name or the callback cannot be one.
  public func beginOAuth2(provider: String, scopes: [String] = [], callback: String? = nil) async throws -> OAuth2Start {
    try await perform("beginOAuth2", .text(provider), .texts(scopes), .text(callback), read: Shown.start)
  }

  /// Completes the sign-in in the browser with the URL that opened the app. Give every URL here that may be the callback: one that is
  /// not changes nothing. Otherwise as ``signIn(email:password:)``.
  ///
  /// - Throws: ``SessionError`` with the code `callbackRejected`, whose ``SessionError/detail`` says why the URL does not complete the
  ///   sign-in, or `invalidToken` if Appwrite's token has expired, which is after a minute since 1.9. What went wrong at Appwrite or the
  ///   provider is `alreadyExists`, `userBlocked`, `forbidden` or `appwriteUnavailable`. If nothing was sent because there is no
  ///   network, the same URL can be tried again.
  @discardableResult
  public func completeOAuth2(_ url: URL) async throws -> SignInOutcome {
    try await perform("completeOAuth2", .text(url.absoluteString), read: Shown.outcome)
  }

  /// Forgets the sign-in in the browser that was begun, because the user has closed the browser. A callback that comes later is refused.
  public func cancelOAuth2() async throws { try await perform("cancelOAuth2", read: Shown.nothing) }

  // MARK: Codes and links

  /// Sends the user a code of six digits by e-mail, to sign in with ``completeCode(_:code:)``. A user who does not exist is created.
  ///
  /// - Parameters:
  ///   - email: The user's address.
  ///   - phrase: Whether Appwrite makes a security phrase, which the app and the message show.
  /// - Throws: ``SessionError`` with the code `invalidInput` for a malformed address, `forbidden` if the project does not allow it,
  ///   `unsupported` if it has no mail server, `rateLimited`, or one of the network's.
  public func startEmailCode(email: String, phrase: Bool = false) async throws -> SentCode {
    try await perform("startEmailCode", .text(email), .flag(phrase), read: Shown.code)
  }

  /// Sends the user a code of six digits to a phone number of the form `+14155552671`. Otherwise as ``startEmailCode(email:phrase:)``.
  public func startPhoneCode(phone: String) async throws -> SentCode {
    try await perform("startPhoneCode", .text(phone), read: Shown.code)
  }

  /// Signs in with the code that the user got. Otherwise as ``signIn(email:password:)``.
  ///
  /// - Throws: ``SessionError`` with the code `invalidToken` if the code is wrong, used or expired; another try is possible. `config` if
  ///   the user's id cannot be one.
  @discardableResult
  public func completeCode(_ sent: SentCode, code: String) async throws -> SessionState {
    try await perform("completeCode", .text(sent.userId), .text(code), read: Shown.state)
  }

  /// Sends the user a link by e-mail, which signs in when it opens the app. Otherwise as ``startEmailCode(email:phrase:)``.
  ///
  /// - Parameters:
  ///   - email: The user's address.
  ///   - callback: Where the link leads: a universal link, or a URL with a scheme of the app's own. Its host or its scheme must be one of
  ///     the project's platforms. Appwrite 1.5 takes https only.
  ///   - phrase: Whether Appwrite makes a security phrase, which the app and the message show.
  /// - Throws: ``SessionError`` with the code `config` if the callback cannot be one, and `invalidInput` if Appwrite does not allow it.
  public func startMagicURL(email: String, callback: String, phrase: Bool = false) async throws -> SentCode {
    try await perform("startMagicUrl", .text(email), .text(callback), .flag(phrase), read: Shown.code)
  }

  /// Signs in with the link that the user opened. `sent` and `callback` are those of ``startMagicURL(email:callback:phrase:)``: a link
  /// that was sent to anybody else is refused, so that nobody can sign the user in to an account of theirs.
  ///
  /// - Throws: ``SessionError`` with the code `callbackRejected` if `url` is not a link to `callback` for this user. Otherwise as
  ///   ``completeCode(_:code:)``.
  @discardableResult
  public func completeMagicURL(_ sent: SentCode, callback: String, url: URL) async throws -> SessionState {
    try await perform(
      "completeMagicUrl", .text(sent.userId), .text(callback), .text(url.absoluteString), read: Shown.state)
  }
}

/// What Google's or Apple's own sign-in screen gave the app. No description or dump shows a secret.
public struct IdToken: Sendable {
  /// A provider whose ID tokens Appwrite takes. The raw value is the stable name, the same in every language.
  public enum Provider: String, Sendable, Codable, CaseIterable {
    /// Sign in with Apple.
    case apple
    /// Sign in with Google.
    case google
  }

  /// Whose it is.
  public let provider: Provider
  /// The ID token: a JWT.
  public let token: String
  /// The raw nonce, if the screen was given one: Apple's always needs one. The screen itself gets ``Nonce/sha256``.
  public let nonce: String?
  /// The provider's access token, if the app's servers need it: Appwrite keeps it with the session and the identity.
  public let accessToken: String?
  /// The user's name, which Apple gives once, at the first sign-in, beside the token. Appwrite keeps it if the user has none.
  public let name: String?

  /// The token with what the screen gave beside it.
  public init(provider: Provider, token: String, nonce: String? = nil, accessToken: String? = nil, name: String? = nil) {
    self.provider = provider
    self.token = token
    self.nonce = nonce
    self.accessToken = accessToken
    self.name = name
  }
}

extension IdToken: CustomReflectable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The provider alone.
  public var description: String { "IdToken(provider: \(provider.rawValue))" }
  /// The provider alone.
  public var debugDescription: String { description }
  /// Shows the provider alone.
  public var customMirror: Mirror { Mirror(self, children: ["provider": provider.rawValue]) }
}

/// A number that is used once, see ``SessionClient/generateNonce()``. No description or dump shows it.
public struct Nonce: Sendable {
  /// The nonce itself, for ``IdToken/nonce``.
  public let raw: String
  /// Its SHA-256 as 64 hexadecimal digits, for the provider's screen. It is no secret.
  public let sha256: String

  /// A nonce of these values, for an app's tests.
  public init(raw: String, sha256: String) {
    self.raw = raw
    self.sha256 = sha256
  }
}

extension Nonce: CustomReflectable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The hash alone.
  public var description: String { "Nonce(sha256: \(sha256))" }
  /// The hash alone.
  public var debugDescription: String { description }
  /// Shows the hash alone.
  public var customMirror: Mirror { Mirror(self, children: ["sha256": sha256]) }
}

/// A sign-in in the browser that was begun. No description or dump shows the URL.
public struct OAuth2Start: Sendable {
  /// What to open, in an `ASWebAuthenticationSession` or the system's browser; not in a web view of the app, which providers refuse. It
  /// binds the sign-in to this device, so do not log it.
  public let url: URL
  /// The scheme of the URL that the browser returns to, which `ASWebAuthenticationSession` wants to know.
  public let callbackScheme: String

  /// A sign-in of these values, for an app's tests.
  public init(url: URL, callbackScheme: String) {
    self.url = url
    self.callbackScheme = callbackScheme
  }
}

extension OAuth2Start: CustomReflectable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The scheme alone.
  public var description: String { "OAuth2Start(callbackScheme: \(callbackScheme))" }
  /// The scheme alone.
  public var debugDescription: String { description }
  /// Shows the scheme alone.
  public var customMirror: Mirror { Mirror(self, children: ["callbackScheme": callbackScheme]) }
}

/// What came of a sign-in with a screen of the platform or in the browser.
public enum SignInOutcome: Sendable, Hashable {
  /// The user is signed in, or a second factor is missing: the state says which.
  case signedIn(SessionState)
  /// The user closed the screen, or refused at the provider. Nothing has changed, and there is nothing to report to the user.
  case cancelled
}

/// A code or a link that Appwrite sent to the user by e-mail or phone, and that waits to be entered or opened. It holds no secret: an app
/// that may be ended meanwhile keeps it.
public struct SentCode: Sendable, Hashable, Codable {
  /// Whose it is. A user who did not exist before has this id from now on.
  public let userId: String
  /// The security phrase that is also in the message, if one was asked for. Show it, so that the user sees that the message belongs to
  /// this sign-in.
  public let phrase: String?
  /// When it can no longer be used.
  public let expiresAt: Date?

  /// The code that was sent to the user of that id.
  public init(userId: String, phrase: String? = nil, expiresAt: Date? = nil) {
    self.userId = userId
    self.phrase = phrase
    self.expiresAt = expiresAt
  }
}
