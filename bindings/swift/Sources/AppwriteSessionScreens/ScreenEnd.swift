// What the platform's errors mean.

import Foundation

#if canImport(AppwriteSession)
  import AppwriteSession
#endif

/// A screen of the platform.
enum Screen: Sendable {
  case apple
  case passkeySignIn
  case passkeyRegistration
  case browser
}

/// How a screen ended without an answer.
enum ScreenEnd: Sendable, Equatable {
  /// The user closed it.
  case closed
  /// The device has a passkey of this user already.
  case passkeyExists
  /// It could not do its work.
  case failed(ScreenFault)

  /// Reads the error of a screen by its domain and code. Codes are compared as numbers, because an older SDK has no names for the newer
  /// ones.
  init(domain: String, code: Int, of screen: Screen) {
    switch (domain, code) {
    case (Self.authorization, 1001): self = .closed
    case (Self.authorization, 1006): self = .passkeyExists
    case (Self.authorization, _): self = .failed(Self.fault(code, of: screen))
    case (Self.web, 1): self = .closed
    // The same as 1006, before iOS 18.
    case (Self.webKit, 8) where screen == .passkeyRegistration: self = .passkeyExists
    default: self = .failed(.interrupted)
    }
  }

  private static let authorization = "com.apple.AuthenticationServices.AuthorizationError"
  private static let web = "com.apple.AuthenticationServices.WebAuthenticationSession"
  private static let webKit = "WKErrorDomain"

  private static func fault(_ code: Int, of screen: Screen) -> ScreenFault {
    switch (code, screen) {
    // Unknown. Apple's own screen says so if the device has no Apple Account.
    case (1000, .apple): .nothingToOffer
    // Nothing on the device handles such a request.
    case (1003, _): .notSupported
    // Failed. The passkey screen says so if the app and the relying party's domain are not associated.
    case (1004, .passkeySignIn), (1004, .passkeyRegistration): .notSetUp
    // The system prefers Sign in with Apple to this request.
    case (1009, _): .nothingToOffer
    // The device cannot create passkeys as it is set up.
    case (1010, _): .notSupported
    // Unknown, an invalid response, failed, not interactive, and what a later system adds.
    default: .interrupted
    }
  }
}

/// The answer of a screen; nil if the user closed it.
///
/// - Throws: `SessionError` if the screen could not do its work, `CancellationError` if the task was cancelled, which closes the screen.
func answer<T: Sendable>(of screen: Screen, _ show: () async throws -> T) async throws -> T? {
  do {
    let answer = try await show()
    try Task.checkCancellation()
    return answer
  } catch let error as SessionError {
    throw error
  } catch {
    // A screen that this closes answers that the user closed it.
    try Task.checkCancellation()
    let error = error as NSError
    switch ScreenEnd(domain: error.domain, code: error.code, of: screen) {
    case .closed: return nil
    case .passkeyExists: throw SessionError.passkeyExists
    case .failed(let fault): throw SessionError(fault)
    }
  }
}
