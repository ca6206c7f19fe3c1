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
    /// This Appwrite, or this kind of session, does not support it.
    case unsupported
    /// Too many requests. Try again after ``SessionError/retryAfter``, where it is known.
    case rateLimited = "rate_limited"
    /// There was no connection, or it broke. Try again when the network is back; ``SessionError/failureCause`` says what failed.
    case network
    /// No answer in time.
    case timeout
    /// The server's certificate is not trusted, so nothing was sent. Trying again does not help; ``SessionError/failureCause`` says why.
    case untrusted
    /// Appwrite, or something in front of it, does not work. Try again later; nothing was decided.
    case appwriteUnavailable = "appwrite_unavailable"
    /// The secure store is locked. It is tried again by itself, and at ``SessionClient/resume()``.
    case storageLocked = "storage_locked"
    /// The secure store does not take the record. What was asked for is done in memory, and saved as soon as that works.
    case storageUnavailable = "storage_unavailable"
    /// The call requires the user's presence, and the user did not confirm it or the app is in the background. Nothing was sent.
    /// Offer to unlock, and make the call again.
    case presenceRequired = "presence_required"
    /// The URL is of no allowed gateway, so the call did not leave; ``SessionError/origin`` names it.
    case originNotAllowed = "origin_not_allowed"
    /// The gateway redirected in a way that cannot be followed.
    case invalidRedirect = "invalid_redirect"
    /// The answer is not HTTP, or its body is not what was asked for.
    case invalidResponse = "invalid_response"
    /// The answer is longer than the limit.
    case responseTooLarge = "response_too_large"
    /// The gateway answered with a status other than 2xx where its success was asked for; ``SessionError/status`` and
    /// ``SessionError/problem`` say more.
    case unexpectedStatus = "unexpected_status"
    /// A later sign-in or sign-out took the place of this call. The session of a sign-in is being revoked.
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
  /// What failed in the network, in TLS or in HTTP, if that is why there is no answer.
  public let failureCause: FailureCause?
  /// Whether the request may have reached the server, so that its work may have been done.
  public let mayHaveArrived: Bool
  /// What the gateway says about its refusal, with the code ``Code/unexpectedStatus``.
  public let problem: Problem?
  /// The HTTP status, if there was an answer.
  public let status: Int?
  /// Appwrite's own error `type`, if it refused in its own words.
  public let appwriteType: String?
  /// With ``Code/signedOut``: why.
  public let reason: SignedOutReason?
  /// With ``Code/originNotAllowed``: the origin that was refused.
  public let origin: String?
  let text: String

  init(
    _ code: Code, _ text: String, isRetryable: Bool = false, retryAfter: TimeInterval? = nil,
    failureCause: FailureCause? = nil, mayHaveArrived: Bool = false, problem: Problem? = nil, status: Int? = nil,
    appwriteType: String? = nil, reason: SignedOutReason? = nil, origin: String? = nil
  ) {
    self.code = code
    self.text = text
    self.isRetryable = isRetryable
    self.retryAfter = retryAfter
    self.failureCause = failureCause
    self.mayHaveArrived = mayHaveArrived
    self.problem = problem
    self.status = status
    self.appwriteType = appwriteType
    self.reason = reason
    self.origin = origin
  }
}

/// What failed in the network, in TLS or in HTTP. The raw value is the stable name, the same in every language.
public enum FailureCause: String, Sendable, CaseIterable {
  /// The host's name has no address.
  case dns
  /// The host refused the connection.
  case refused
  /// The host cannot be reached.
  case unreachable
  /// The connection broke.
  case reset
  /// The server's certificate has expired.
  case tlsExpired = "tls_expired"
  /// The server's certificate is not valid yet; the device's clock may be wrong.
  case tlsNotYetValid = "tls_not_yet_valid"
  /// The server's certificate is for another host.
  case tlsWrongHost = "tls_wrong_host"
  /// Nobody who is trusted has issued the server's certificate.
  case tlsUnknownIssuer = "tls_unknown_issuer"
  /// The server's certificate was revoked.
  case tlsRevoked = "tls_revoked"
  /// TLS failed for another reason.
  case tlsOther = "tls_other"
  /// No connection stood in time.
  case timedOutConnect = "timed_out_connect"
  /// No byte moved in time.
  case timedOutIdle = "timed_out_idle"
  /// The whole call took too long.
  case timedOutTotal = "timed_out_total"
  /// The answer is not HTTP.
  case `protocol`
  /// The answer is longer than the limit.
  case tooLarge = "too_large"
}

/// What a gateway says about a refusal, as `application/problem+json` (RFC 9457).
public struct Problem: Sendable, Hashable, CustomReflectable {
  /// What kind of problem it is.
  public let type: String
  /// A sentence about the kind.
  public let title: String?
  /// The status that the problem names.
  public let status: Int?
  /// A sentence about this case.
  public let detail: String?
  /// What names this case.
  public let instance: String?

  /// Shows the type and the status: the rest is the gateway's text, and can hold anything.
  public var customMirror: Mirror { Mirror(self, children: ["type": type, "status": status as Any]) }

  init?(json: Data) {
    guard let members = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else { return nil }
    func text(_ name: String) -> String? { (members[name] as? String).map { String($0.prefix(1000)) } }
    guard let type = text("type") else { return nil }
    (self.type, title, detail, instance) = (type, text("title"), text("detail"), text("instance"))
    status = members["status"] as? Int
  }
}

extension SessionError: LocalizedError {
  /// A sentence for developers.
  public var errorDescription: String? { text }
}
