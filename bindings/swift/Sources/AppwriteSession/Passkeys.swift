import Foundation

extension SessionClient {
  /// The signed-in user's passkeys.
  public var passkeys: Passkeys { Passkeys(client: self) }
}

/// The passkeys of the signed-in user. It is ``SessionClient/passkeys``. Since Appwrite 2.5: before that every method fails with the code
/// `unsupported`.
///
/// Every method fails with the errors of ``SessionClient/account()``, too. Work that was begun goes on when the waiting task is cancelled.
public struct Passkeys: Sendable {
  /// The client of that user.
  public let client: SessionClient

  /// The user's passkeys.
  public func list() async throws -> [Passkey] { try await client.perform("passkeys.list", read: Shown.passkeys) }

  /// Begins to register a passkey. Give the challenge's ``PasskeyChallenge/options`` to the platform's screen, and what it answers to
  /// ``completeRegistration(_:credential:)``.
  ///
  /// - Throws: ``SessionError`` with the code `reauthenticationRequired` if the user has neither signed in nor answered a challenge in the
  ///   last ten minutes, `invalidInput` if the user has ten passkeys, or `forbidden` if the project has passkeys switched off.
  public func beginRegistration(name: String? = nil) async throws -> PasskeyChallenge {
    try await client.perform("passkeys.beginRegistration", .text(name), read: Shown.challenge)
  }

  /// Completes the registration with `credential`, the WebAuthn JSON that the platform's screen answered.
  ///
  /// - Throws: ``SessionError`` with the code `invalidToken` if the challenge was used or has expired, or if the answer does not fit it;
  ///   begin anew. `alreadyExists` if the authenticator has a passkey of this user, `config` if `credential` is no JSON object.
  @discardableResult
  public func completeRegistration(_ challenge: PasskeyChallenge, credential: String) async throws -> Passkey {
    try await client.perform(
      "passkeys.completeRegistration", .text(challenge.id), .text(challenge.passkeyId), .text(credential), read: Shown.passkey)
  }

  /// Renames a passkey.
  ///
  /// - Throws: ``SessionError`` with the code `invalidInput` if there is no such passkey or the name has more than 128 characters, or
  ///   `config` if `id` cannot be an id.
  @discardableResult
  public func rename(_ id: String, to name: String) async throws -> Passkey {
    try await client.perform("passkeys.rename", .text(id), .text(name), read: Shown.passkey)
  }

  /// Deletes a passkey. The platform may go on showing it until the user deletes it there, too.
  ///
  /// - Throws: ``SessionError`` with the code `reauthenticationRequired` as ``beginRegistration(name:)``; otherwise as ``rename(_:to:)``.
  public func delete(_ id: String) async throws {
    try await client.perform("passkeys.delete", .text(id), read: Shown.nothing)
  }
}

/// A passkey of the signed-in user. The key itself is on the user's devices; Appwrite knows its public half.
public struct Passkey: Sendable, Hashable, Codable, Identifiable {
  /// The passkey's id.
  public let id: String
  /// The name that the user or the app gave it; empty if none was given.
  public let name: String
  /// When it was registered.
  public let createdAt: Date?
  /// When it was last used to sign in; nil if it never was.
  public let lastUsedAt: Date?

  /// A passkey of these values, for an app's tests and previews.
  public init(id: String, name: String = "", createdAt: Date? = nil, lastUsedAt: Date? = nil) {
    self.id = id
    self.name = name
    self.createdAt = createdAt
    self.lastUsedAt = lastUsedAt
  }
}

/// A challenge for the platform's passkey screen. It works once, for five minutes, and is used up by a failure, too.
public struct PasskeyChallenge: Sendable, Hashable, Codable, Identifiable {
  /// The challenge's id.
  public let id: String
  /// The id of the passkey that is being registered; empty for a sign-in.
  public let passkeyId: String
  /// The WebAuthn options as JSON, whose members the platform's `ASAuthorizationPlatformPublicKeyCredentialProvider` wants.
  public let options: String
  /// When it can no longer be answered.
  public let expiresAt: Date?

  /// The challenge of these values, for an app that was restarted meanwhile, and for tests.
  public init(id: String, passkeyId: String = "", options: String = "{}", expiresAt: Date? = nil) {
    self.id = id
    self.passkeyId = passkeyId
    self.options = options
    self.expiresAt = expiresAt
  }
}
