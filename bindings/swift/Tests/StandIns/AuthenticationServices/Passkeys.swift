import Foundation

public struct ASAuthorizationPublicKeyCredentialUserVerificationPreference: RawRepresentable, Equatable, Hashable, Sendable {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public static let preferred = Self(rawValue: "preferred")
  public static let required = Self(rawValue: "required")
  public static let discouraged = Self(rawValue: "discouraged")
}

public enum ASAuthorizationPublicKeyCredentialAttachment: Int, Sendable {
  case platform
  case crossPlatform
}

public final class ASAuthorizationPlatformPublicKeyCredentialDescriptor: NSObject {
  public var credentialID: Data
  public init(credentialID: Data) { self.credentialID = credentialID }
}

public final class ASAuthorizationPlatformPublicKeyCredentialRegistrationRequest: ASAuthorizationRequest {
  public let relyingPartyIdentifier: String
  public var challenge: Data
  public var displayName: String?
  public var name: String
  public var userID: Data
  public var userVerificationPreference = ASAuthorizationPublicKeyCredentialUserVerificationPreference.preferred
  @available(iOS 17.4, macOS 13.5, *)
  public var excludedCredentials: [ASAuthorizationPlatformPublicKeyCredentialDescriptor]?

  init(_ provider: ASAuthorizationPlatformPublicKeyCredentialProvider, challenge: Data, name: String, userID: Data) {
    relyingPartyIdentifier = provider.relyingPartyIdentifier
    (self.challenge, self.name, self.userID) = (challenge, name, userID)
    super.init(provider)
  }
}

public final class ASAuthorizationPlatformPublicKeyCredentialAssertionRequest: ASAuthorizationRequest {
  public let relyingPartyIdentifier: String
  public var challenge: Data
  public var userVerificationPreference = ASAuthorizationPublicKeyCredentialUserVerificationPreference.preferred
  public var allowedCredentials: [ASAuthorizationPlatformPublicKeyCredentialDescriptor] = []

  init(_ provider: ASAuthorizationPlatformPublicKeyCredentialProvider, challenge: Data) {
    relyingPartyIdentifier = provider.relyingPartyIdentifier
    self.challenge = challenge
    super.init(provider)
  }
}

public final class ASAuthorizationPlatformPublicKeyCredentialProvider: NSObject, ASAuthorizationProvider {
  public let relyingPartyIdentifier: String
  public init(relyingPartyIdentifier: String) { self.relyingPartyIdentifier = relyingPartyIdentifier }

  public func createCredentialRegistrationRequest(
    challenge: Data, name: String, userID: Data
  ) -> ASAuthorizationPlatformPublicKeyCredentialRegistrationRequest {
    ASAuthorizationPlatformPublicKeyCredentialRegistrationRequest(self, challenge: challenge, name: name, userID: userID)
  }

  public func createCredentialAssertionRequest(challenge: Data) -> ASAuthorizationPlatformPublicKeyCredentialAssertionRequest {
    ASAuthorizationPlatformPublicKeyCredentialAssertionRequest(self, challenge: challenge)
  }
}

public final class ASAuthorizationPlatformPublicKeyCredentialRegistration: NSObject, ASAuthorizationCredential {
  public let credentialID: Data
  public let rawClientDataJSON: Data
  public let rawAttestationObject: Data?
  @available(iOS 16.6, macOS 13.5, *)
  public let attachment: ASAuthorizationPublicKeyCredentialAttachment

  /// An answer of a test's user.
  public init(
    credentialID: Data, rawClientDataJSON: Data, rawAttestationObject: Data?,
    attachment: ASAuthorizationPublicKeyCredentialAttachment = .platform
  ) {
    (self.credentialID, self.rawClientDataJSON) = (credentialID, rawClientDataJSON)
    (self.rawAttestationObject, self.attachment) = (rawAttestationObject, attachment)
  }
}

public final class ASAuthorizationPlatformPublicKeyCredentialAssertion: NSObject, ASAuthorizationCredential {
  public let credentialID: Data
  public let rawClientDataJSON: Data
  public let rawAuthenticatorData: Data!
  public let signature: Data!
  public let userID: Data!
  @available(iOS 16.6, macOS 13.5, *)
  public let attachment: ASAuthorizationPublicKeyCredentialAttachment

  /// An answer of a test's user.
  public init(
    credentialID: Data, rawClientDataJSON: Data, rawAuthenticatorData: Data?, signature: Data?, userID: Data?,
    attachment: ASAuthorizationPublicKeyCredentialAttachment = .platform
  ) {
    (self.credentialID, self.rawClientDataJSON) = (credentialID, rawClientDataJSON)
    self.rawAuthenticatorData = rawAuthenticatorData
    (self.signature, self.userID, self.attachment) = (signature, userID, attachment)
  }
}
