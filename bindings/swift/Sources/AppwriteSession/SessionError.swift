import Foundation

/// Why a call failed. The ``code`` says what the app should do.
///
/// Holds nothing of a server's answer, a request or the platform.
public struct SessionError: Error, Sendable, Hashable {
  /// What an app can tell apart. The raw value is stable across versions and the same in every language.
  public enum Code: String, Sendable, CaseIterable {
    /// The configuration or an argument cannot work. Fix the code; the description says what to write instead.
    case config
    /// Appwrite refused the e-mail or password. Let the user try again.
    case invalidCredentials = "invalid_credentials"
    /// A one-time code or token is wrong, used up or expired. Ask for a new one.
    case invalidToken = "invalid_token"
    /// Appwrite refused the request as it stands, such as a malformed e-mail.
    case invalidInput = "invalid_input"
    /// It exists already: a user, to whom the app offers to sign in, or a passkey, a verification or recovery codes.
    case alreadyExists = "already_exists"
    /// Nobody is signed in. Show the sign-in screen; ``SessionError/reason`` says why.
    case signedOut = "signed_out"
    /// The sign-in needs a second factor. Ask for it; the session is kept.
    case mfaRequired = "mfa_required"
    /// The user is blocked. The session is kept: the block can be lifted.
    case userBlocked = "user_blocked"
    /// Appwrite forbids this whatever the user does: an unregistered app, a switched-off sign-in method.
    case forbidden
    /// This Appwrite, or a session that was created in this way, does not support what was asked for. The session is kept.
    case unsupported
    /// Appwrite wants a sign-in or a second factor of the last minutes for this. The session is kept. Let the user sign in again.
    case reauthenticationRequired = "reauthentication_required"
    /// Appwrite wants a challenge of a second factor, answered in the last half hour, for this. The session is kept.
    case challengeRequired = "challenge_required"
    /// The URL is not the answer to the sign-in in the browser that was begun. Nothing has changed; ``SessionError/detail`` says why.
    case callbackRejected = "callback_rejected"
    /// The platform's screen for the sign-in could not do its work; ``SessionError/detail`` is the name of the ``ScreenFault``. Nothing was
    /// sent, and the session is kept. A user who closes a screen is an outcome of its own, and no error.
    case screenFailed = "screen_failed"
    /// A file of the app could not be read or written. ``SessionError/detail`` says why.
    case fileFailed = "file_failed"
    /// Too many requests. Try again after ``SessionError/retryAfter``, where it is known.
    case rateLimited = "rate_limited"
    /// The network failed. Try again when it is back.
    case network
    /// No answer in time.
    case timeout
    /// The server's TLS certificate is not trusted, or the handshake failed otherwise; see ``SessionError/failureCause``. Nothing was
    /// sent. A later call fails likewise until somebody mends the server, its certificate, or the device's clock.
    case untrusted
    /// The proxy between the app and the server asks for credentials, or refuses the connection. Nothing was sent. The device is not
    /// offline: correct the proxy, or ask whoever runs it.
    case proxy
    /// Appwrite, or something in front of it, does not work. Try again later; nothing was decided.
    case appwriteUnavailable = "appwrite_unavailable"
    /// The secure store is locked. It is tried again by itself, and at ``SessionClient/resume()``.
    case storageLocked = "storage_locked"
    /// The secure store does not take the record. What was asked for is done in memory, and saved as soon as that works.
    case storageUnavailable = "storage_unavailable"
    /// The user did not confirm with biometrics or the device passcode, or could not be asked, because the app is in the background.
    /// Nothing was sent. Offer to unlock, and make the call again.
    case presenceRequired = "presence_required"
    /// The URL is of no allowed gateway, so the call did not leave; ``SessionError/origin`` names it.
    case originNotAllowed = "origin_not_allowed"
    /// The gateway redirected in a way that cannot be followed.
    case invalidRedirect = "invalid_redirect"
    /// The answer is not HTTP, or its body is not what was asked for.
    case invalidResponse = "invalid_response"
    /// The answer's body is longer than the limit for it. Ask for less.
    case responseTooLarge = "response_too_large"
    /// The gateway answered with a status other than 2xx where a success was asked for: ``GatewayResponse/decoded(_:by:)`` and
    /// ``GatewayResponse/requireSuccess()``. ``SessionError/status`` and ``SessionError/problem`` say more.
    case unexpectedStatus = "unexpected_status"
    /// A sign-out or another sign-in overtook this call. The session of an overtaken sign-in is being revoked; a call of a gateway was
    /// not sent as another user.
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
  /// Whether the request may have reached the server, so that its work may have been done. `false` says that it certainly was not.
  public let mayHaveArrived: Bool
  /// The HTTP status, if Appwrite answered, or with ``Code/unexpectedStatus`` a gateway.
  public let status: Int?
  /// Appwrite's own error `type`, if it refused in its own words.
  public let appwriteType: String?
  /// With ``Code/signedOut``: why.
  public let reason: SignedOutReason?
  /// With ``Code/originNotAllowed``: the origin that was refused.
  public let origin: String?
  /// The stable name of what more is known: with ``Code/unsupported`` the first version of Appwrite that supports it, with
  /// ``Code/reauthenticationRequired`` `add_passkey`, `delete_passkey` or `other`, with ``Code/callbackRejected`` `malformed`, `foreign`,
  /// `unexpected`, `replayed` or `expired`, with ``Code/screenFailed`` the name of the ``ScreenFault``, with ``Code/fileFailed``
  /// `not_found`, `not_permitted`, `not_a_file`, `no_space`, `changed` or `other`.
  public let detail: String?
  /// With ``Code/unexpectedStatus``: what the gateway says about it, if it answered with a problem document.
  public let problem: Problem?
  let text: String

  init(
    _ code: Code, _ text: String, isRetryable: Bool = false, retryAfter: TimeInterval? = nil,
    failureCause: FailureCause? = nil, mayHaveArrived: Bool = false, status: Int? = nil, appwriteType: String? = nil,
    reason: SignedOutReason? = nil, origin: String? = nil, problem: Problem? = nil, detail: String? = nil
  ) {
    self.code = code
    self.text = text
    self.isRetryable = isRetryable
    self.retryAfter = retryAfter
    self.failureCause = failureCause
    self.mayHaveArrived = mayHaveArrived
    self.status = status
    self.appwriteType = appwriteType
    self.reason = reason
    self.origin = origin
    self.problem = problem
    self.detail = detail
  }
}

extension SessionError: LocalizedError {
  /// A sentence for developers.
  public var errorDescription: String? { text }
}
