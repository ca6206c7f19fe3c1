import Foundation

open class ASAuthorizationOpenIDRequest: ASAuthorizationRequest {
  public var requestedScopes: [ASAuthorization.Scope]?
  public var state: String?
  public var nonce: String?
}

public final class ASAuthorizationAppleIDRequest: ASAuthorizationOpenIDRequest {
  public var user: String?
}

public final class ASAuthorizationAppleIDCredential: NSObject, ASAuthorizationCredential {
  public let user: String
  public let identityToken: Data?
  public let authorizationCode: Data?
  public let email: String?
  public let fullName: PersonNameComponents?

  /// An answer of a test's user.
  public init(
    user: String, identityToken: Data?, authorizationCode: Data? = nil, email: String? = nil, fullName: PersonNameComponents? = nil
  ) {
    (self.user, self.identityToken, self.authorizationCode) = (user, identityToken, authorizationCode)
    (self.email, self.fullName) = (email, fullName)
  }
}

public final class ASAuthorizationAppleIDProvider: NSObject, ASAuthorizationProvider {
  public enum CredentialState: Int, Sendable {
    case revoked = 0
    case authorized = 1
    case notFound = 2
    case transferred = 3
  }
  public static let credentialRevokedNotification = NSNotification.Name("ASAuthorizationAppleIDCredentialRevokedNotification")

  /// What the device says about a user, which is nothing without a test.
  @MainActor public static var states: [String: CredentialState] = [:]

  public override init() {}

  public func createRequest() -> ASAuthorizationAppleIDRequest { ASAuthorizationAppleIDRequest(self) }

  public func getCredentialState(
    forUserID userID: String, completion: @escaping @Sendable (ASAuthorizationAppleIDProvider.CredentialState, (any Error)?) -> Void
  ) {
    Task { @MainActor in
      if let state = Self.states[userID] { completion(state, nil) } else { completion(.notFound, ASAuthorizationError(.failed)) }
    }
  }
}
