import Foundation

extension SessionClient {
  /// Proves that an e-mail address or a phone number is the signed-in user's.
  public var verification: Verification { Verification(client: self) }
}

/// Verifies the e-mail address and the phone number of the signed-in user. It is ``SessionClient/verification``.
///
/// Every method that starts a verification fails with the errors of ``SessionClient/account()``, too. Completing the verification of an
/// address needs nobody to be signed in: the link may be opened on another device.
public struct Verification: Sendable {
  let client: SessionClient

  /// Sends a code to the user's e-mail address. `phrase` asks for a security phrase in the message. Since Appwrite 2.4.
  ///
  /// - Throws: ``SessionError`` with the code `unsupported` on an older server: use ``startEmailByLink(callback:)``. `alreadyExists` if the
  ///   address is verified.
  public func startEmailByCode(phrase: Bool = false) async throws -> SentCode {
    try await client.perform("verification.startEmailByCode", .flag(phrase), read: Shown.code)
  }

  /// Completes the verification with the code that the user got.
  ///
  /// - Throws: ``SessionError`` with the code `invalidToken` if the code is wrong, used or expired, or `config` if the user's id cannot be
  ///   one.
  public func completeEmailByCode(_ sent: SentCode, code: String) async throws {
    try await client.perform("verification.completeEmailByCode", .text(sent.userId), .text(code), read: Shown.nothing)
  }

  /// Sends a link to `callback` to the user's e-mail address: a universal link, or a URL with a scheme of the app's own. Its host or its
  /// scheme must be one of the project's platforms.
  ///
  /// - Throws: ``SessionError`` with the code `invalidInput` if the callback is not allowed, or `alreadyExists` if the address is verified.
  public func startEmailByLink(callback: String) async throws -> SentCode {
    try await client.perform("verification.startEmailByLink", .text(callback), read: Shown.code)
  }

  /// Completes the verification with the link that the user opened.
  ///
  /// - Throws: ``SessionError`` with the code `callbackRejected` if `url` is not a link to `callback` with what Appwrite adds, or
  ///   `invalidToken` if it was used or has expired.
  public func completeEmailByLink(callback: String, url: URL) async throws {
    try await client.perform(
      "verification.completeEmailByLink", .text(callback), .text(url.absoluteString), read: Shown.nothing)
  }

  /// Sends a code to the user's phone number.
  ///
  /// - Throws: ``SessionError`` with the code `invalidInput` if the user has no phone number, or `unsupported` if the project has no SMS
  ///   provider.
  public func startPhone() async throws -> SentCode { try await client.perform("verification.startPhone", read: Shown.code) }

  /// Completes the verification with the code that the user got. The user must be signed in for this, which Appwrite 1.5 wants.
  ///
  /// - Throws: as ``completeEmailByCode(_:code:)``.
  public func completePhone(_ sent: SentCode, code: String) async throws {
    try await client.perform("verification.completePhone", .text(sent.userId), .text(code), read: Shown.nothing)
  }
}
