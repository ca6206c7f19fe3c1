extension SessionClient {
  /// The second factors of the signed-in user.
  public var factors: Factors { Factors(client: self) }
}

/// The second factors of the signed-in user. It is ``SessionClient/factors``.
///
/// A challenge of a factor is created and answered by the client itself, see ``SessionClient/createMfaChallenge(_:)``: to complete a
/// sign-in or, while signed in, before what Appwrite wants a fresh challenge for (the code `challengeRequired`).
///
/// Every method fails with the errors of ``SessionClient/account()``, too. Work that was begun goes on when the waiting task is cancelled.
public struct Factors: Sendable {
  let client: SessionClient

  /// The factors that the user can answer a challenge of, in the order in which an app should offer them. Also while a factor is missing.
  public func available() async throws -> [Factor] { try await client.perform("factors.available", read: Shown.factors) }

  /// Switches on or off that a sign-in needs a second factor. Without any factor Appwrite asks for none. This session goes on.
  @discardableResult
  public func require(_ required: Bool) async throws -> Account {
    try await client.perform("factors.require", .flag(required), read: Shown.account)
  }

  /// Begins to enroll an authenticator app. It counts once ``verifyTotp(code:)`` has seen a code of it; beginning again before that makes a
  /// new secret.
  ///
  /// - Throws: ``SessionError`` with the code `alreadyExists` if the user has a verified authenticator.
  public func enrollTotp() async throws -> TotpEnrollment {
    try await client.perform("factors.enrollTotp", read: Shown.enrollment)
  }

  /// Completes the enrollment of an authenticator app with a code that it shows.
  ///
  /// - Throws: ``SessionError`` with the code `invalidToken` if the code is wrong or of another half minute; try again with the next one.
  ///   `invalidInput` if no enrollment was begun.
  @discardableResult
  public func verifyTotp(code: String) async throws -> Account {
    try await client.perform("factors.verifyTotp", .text(code), read: Shown.account)
  }

  /// Removes the authenticator app. Appwrite 1.5 wants a code of it or a recovery code; newer versions want a fresh challenge instead, and
  /// do not look at `code`.
  ///
  /// - Throws: ``SessionError`` with the code `challengeRequired`: answer a challenge first. `invalidInput` if there is no authenticator,
  ///   or on 1.5 if there is no code; `invalidToken` if the code is wrong.
  public func removeTotp(code: String? = nil) async throws {
    try await client.perform("factors.removeTotp", .text(code), read: Shown.nothing)
  }

  /// Makes six recovery codes, each of which replaces a second factor once. Show them once, to be written down.
  ///
  /// - Throws: ``SessionError`` with the code `alreadyExists` if the user has some; ``replaceRecoveryCodes()`` makes new ones.
  public func createRecoveryCodes() async throws -> [String] {
    try await client.perform("factors.createRecoveryCodes", read: Shown.texts)
  }

  /// Makes six new recovery codes. The old ones are of no use any more.
  ///
  /// - Throws: ``SessionError`` with the code `challengeRequired`: answer a challenge first. `invalidInput` if the user has none.
  public func replaceRecoveryCodes() async throws -> [String] {
    try await client.perform("factors.replaceRecoveryCodes", read: Shown.texts)
  }

  /// The recovery codes that are left.
  ///
  /// - Throws: as ``replaceRecoveryCodes()``.
  public func recoveryCodes() async throws -> [String] { try await client.perform("factors.recoveryCodes", read: Shown.texts) }
}

/// What an authenticator app needs to show the user's codes. No description or dump shows it.
public struct TotpEnrollment: Sendable {
  /// The secret in Base32, to be typed in.
  public let secret: String
  /// The same as an `otpauth:` URI, to be shown as a QR code or opened on the same device.
  public let uri: String

  /// An enrollment of these values, for an app's tests and previews.
  public init(secret: String, uri: String) {
    self.secret = secret
    self.uri = uri
  }
}

extension TotpEnrollment: CustomReflectable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The name of the type alone.
  public var description: String { "TotpEnrollment" }
  /// The name of the type alone.
  public var debugDescription: String { description }
  /// Shows nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
