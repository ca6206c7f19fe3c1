import Foundation

extension SessionClient {
  /// The accounts at other providers that the signed-in user can sign in with.
  public var identities: Identities { Identities(client: self) }
}

/// The identities of the signed-in user: accounts at other providers. It is ``SessionClient/identities``.
///
/// Every method fails with the errors of ``SessionClient/account()``, too. Work that was begun goes on when the waiting task is cancelled.
public struct Identities: Sendable {
  /// The client of that user.
  public let client: SessionClient

  /// The user's identities.
  public func list() async throws -> [Identity] { try await client.perform("identities.list", read: Shown.identities) }

  /// Links the Google or Apple account of `token` to the account that is signed in, which may be anonymous: it then is an account that
  /// the user can come back to. The user stays the same. Appwrite replaces the session, which is swapped in one step, so that no call
  /// fails meanwhile. Since Appwrite 2.1.
  ///
  /// - Throws: ``SessionError`` with the code `alreadyExists` if the identity or its e-mail address is another user's; otherwise as
  ///   ``SessionClient/signIn(idToken:)``. The session stays as it was. If the answer was lost (``SessionError/mayHaveArrived``), Appwrite
  ///   may have replaced the session: if it has ended, the same user signs in again with the provider.
  @discardableResult
  public func link(_ token: IdToken) async throws -> SessionState {
    try await client.perform(
      "identities.link", .text(token.provider.rawValue), .text(token.token), .text(token.nonce), .text(token.accessToken),
      .text(token.name), read: Shown.state)
  }

  /// Unlinks an identity: the user cannot sign in with it any more. This session goes on.
  ///
  /// - Throws: ``SessionError`` with the code `invalidInput` if there is no such identity, or `config` if `id` cannot be an id.
  public func unlink(_ id: String) async throws {
    try await client.perform("identities.unlink", .text(id), read: Shown.nothing)
  }
}

/// An account at another provider that the signed-in user can sign in with. Holds no token of that provider.
public struct Identity: Sendable, Hashable, Codable, Identifiable {
  /// The identity's id at Appwrite.
  public let id: String
  /// The provider's name, such as `google` or `apple`.
  public let provider: String
  /// The user's id at the provider; empty if unknown.
  public let providerUserId: String
  /// The e-mail address at the provider; nil if there is none.
  public let email: String?
  /// When it was linked.
  public let createdAt: Date?

  /// An identity of these values, for an app's tests and previews.
  public init(id: String, provider: String, providerUserId: String = "", email: String? = nil, createdAt: Date? = nil) {
    self.id = id
    self.provider = provider
    self.providerUserId = providerUserId
    self.email = email
    self.createdAt = createdAt
  }
}
