import Foundation

public struct ASAuthorizationError: CustomNSError {
  public enum Code: Int, Sendable, CaseIterable {
    case unknown = 1000
    case canceled = 1001
    case invalidResponse = 1002
    case notHandled = 1003
    case failed = 1004
    case notInteractive = 1005
    case matchedExcludedCredential = 1006
    case credentialImport = 1007
    case credentialExport = 1008
    case preferSignInWithApple = 1009
    case deviceNotConfiguredForPasskeyCreation = 1010
  }
  public static var errorDomain: String { "com.apple.AuthenticationServices.AuthorizationError" }
  public let code: Code
  public var errorCode: Int { code.rawValue }
  public init(_ code: Code) { self.code = code }
}

public struct ASWebAuthenticationSessionError: CustomNSError {
  public enum Code: Int, Sendable, CaseIterable {
    case canceledLogin = 1
    case presentationContextNotProvided = 2
    case presentationContextInvalid = 3
  }
  public static var errorDomain: String { "com.apple.AuthenticationServices.WebAuthenticationSession" }
  public let code: Code
  public var errorCode: Int { code.rawValue }
  public init(_ code: Code) { self.code = code }
}
