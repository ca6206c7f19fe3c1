import Foundation

extension SessionClient {
  /// A new password for a user who has forgotten the old one.
  public var recovery: Recovery { Recovery(client: self) }
}

/// Recovers an account whose password was forgotten. It is ``SessionClient/recovery``. Nobody needs to be signed in, nobody is signed in
/// afterwards, and no credential is sent. Depending on the project's settings, Appwrite ends the user's sessions, this device's included.
public struct Recovery: Sendable {
  let client: SessionClient

  /// Sends the user a code. `phrase` asks for a security phrase in the message. Since Appwrite 2.3.
  ///
  /// - Throws: ``SessionError`` with the code `unsupported` on an older server: use ``startByLink(email:callback:)``. `invalidInput` if
  ///   nobody has this address, where Appwrite says so; `rateLimited`, or one of the network's.
  public func startByCode(email: String, phrase: Bool = false) async throws -> SentCode {
    try await client.perform("recovery.startByCode", .text(email), .flag(phrase), read: Shown.code)
  }

  /// Sets the new password with the code that the user got.
  ///
  /// - Throws: ``SessionError`` with the code `invalidToken` if the code is wrong, used or expired, `invalidInput` if the project's rules
  ///   refuse the password, or `config` if the user's id cannot be one.
  public func completeByCode(_ sent: SentCode, code: String, password: String) async throws {
    try await client.perform(
      "recovery.completeByCode", .text(sent.userId), .text(code), .text(password), read: Shown.nothing)
  }

  /// Sends the user a link to `callback`: a universal link, or a URL with a scheme of the app's own. Its host or its scheme must be one of
  /// the project's platforms.
  ///
  /// - Throws: ``SessionError`` with the code `invalidInput` if nobody has this address or the callback is not allowed.
  public func startByLink(email: String, callback: String) async throws -> SentCode {
    try await client.perform("recovery.startByLink", .text(email), .text(callback), read: Shown.code)
  }

  /// Sets the new password with the link that the user opened.
  ///
  /// - Throws: ``SessionError`` with the code `callbackRejected` if `url` is not a link to `callback` with what Appwrite adds. Otherwise as
  ///   ``completeByCode(_:code:password:)``.
  public func completeByLink(callback: String, url: URL, password: String) async throws {
    try await client.perform(
      "recovery.completeByLink", .text(callback), .text(url.absoluteString), .text(password), read: Shown.nothing)
  }
}
