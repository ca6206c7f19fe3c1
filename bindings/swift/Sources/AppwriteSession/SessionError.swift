import Foundation

/// Why a call failed. The ``code`` says what the app should do.
///
/// Holds nothing of a server's answer, a request or the platform.
public struct SessionError: Error, Sendable, Equatable {
  /// What an app can tell apart. The raw value is stable across versions and the same in every language.
  public enum Code: String, Sendable, CaseIterable {
    /// The configuration or an argument cannot work. Fix the code; the description says what to write instead.
    case config
    /// Appwrite refused the e-mail, password or token. Let the user try again.
    case invalidCredentials = "invalid_credentials"
    /// A one-time code or token is wrong, used up or expired. Ask for a new one.
    case invalidToken = "invalid_token"
    /// Appwrite refused the request as it stands, such as a malformed e-mail.
    case invalidInput = "invalid_input"
    /// There is such a user already. Offer to sign in.
    case alreadyExists = "already_exists"
    /// Nobody is signed in. Show the sign-in screen; ``SessionError/reason`` says why.
    case signedOut = "signed_out"
    /// The sign-in needs a second factor. Ask for it; the session is kept.
    case mfaRequired = "mfa_required"
    /// The user is blocked. The session is kept: the block can be lifted.
    case userBlocked = "user_blocked"
    /// Appwrite forbids this whatever the user does: an unregistered app, a switched-off sign-in method.
    case forbidden
    /// Too many requests. Try again after ``SessionError/retryAfter``, where it is known.
    case rateLimited = "rate_limited"
    /// The network failed. Try again when it is back.
    case network
    /// No answer in time.
    case timeout
    /// Appwrite, or something in front of it, does not work. Try again later; nothing was decided.
    case appwriteUnavailable = "appwrite_unavailable"
    /// The secure store is locked. It is tried again by itself, and at ``SessionClient/resume()``.
    case storageLocked = "storage_locked"
    /// The secure store does not take the record. What was asked for is done in memory, and saved as soon as that works.
    case storageUnavailable = "storage_unavailable"
    /// The user has not proven to be there, or there was nobody to ask: the app is in the background. Nothing was sent. Offer to
    /// unlock, and make the call again.
    case presenceRequired = "presence_required"
    /// The URL is of no allowed gateway, so the call did not leave; ``SessionError/origin`` names it.
    case originNotAllowed = "origin_not_allowed"
    /// The gateway redirected in a way that cannot be followed.
    case invalidRedirect = "invalid_redirect"
    /// The answer's body is not what was asked for.
    case invalidResponse = "invalid_response"
    /// A sign-out or another sign-in overtook this sign-in; its session is being revoked.
    case superseded
    /// The client was closed.
    case closed
    /// A bug of this library ended the work. Please report it.
    case `internal`
  }

  /// What the app should do.
  public let code: Code
  /// Whether the same call can work later without anybody changing anything.
  public let isRetryable: Bool
  /// How many seconds to wait before the next try, if somebody said so.
  public let retryAfter: TimeInterval?
  /// The HTTP status, if Appwrite answered.
  public let status: Int?
  /// Appwrite's own error `type`, if it refused in its own words.
  public let appwriteType: String?
  /// With ``Code/signedOut``: why.
  public let reason: SignedOutReason?
  /// With ``Code/originNotAllowed``: the origin that was refused.
  public let origin: String?
  let text: String

  init(
    _ code: Code, _ text: String, isRetryable: Bool = false, retryAfter: TimeInterval? = nil, status: Int? = nil,
    appwriteType: String? = nil, reason: SignedOutReason? = nil, origin: String? = nil
  ) {
    self.code = code
    self.text = text
    self.isRetryable = isRetryable
    self.retryAfter = retryAfter
    self.status = status
    self.appwriteType = appwriteType
    self.reason = reason
    self.origin = origin
  }
}

extension SessionError: LocalizedError {
  /// A sentence for developers.
  public var errorDescription: String? { text }
}
