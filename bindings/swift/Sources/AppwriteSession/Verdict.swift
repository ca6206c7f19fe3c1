#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// What a gateway's 401 to an authorized request means. The raw value is the verdict's stable name, the same in every language.
public enum Verdict: String, Sendable, CaseIterable {
  /// The same user has another credential by now. Authorize the request again, and send it once more if it is idempotent.
  case tryAgain = "try_again"
  /// Appwrite accepts the credential: the 401 is the gateway's own decision. Sending the request again does not help.
  case sessionLives = "session_lives"
  /// The session needs a second factor.
  case mfaRequired = "mfa_required"
  /// Nobody is signed in any more.
  case signedOut = "signed_out"
  /// Another user is signed in by now. The request was not that user's: do not send it again.
  case otherUser = "other_user"
  /// Appwrite could not be asked, was asked a moment ago already, or its answer decides nothing. The session is kept.
  case undecided
}

extension Verdict {
  /// Whether a request with this method, which was refused with 401, may be sent once more with a new ``Authorization`` of the same
  /// user.
  ///
  /// It may if this is ``tryAgain``, and if the method is idempotent or the gateway says that its service did not see the request:
  /// `problemType` is the header `X-Problem-Type` of the answer.
  public func allowsRepetition(method: String, problemType: String? = nil) -> Bool {
    coreAllowsRepetition(of: self, method, problemType)
  }
}

/// The core's function, which the method of the same name hides where it is.
private func coreAllowsRepetition(of verdict: Verdict, _ method: String, _ problemType: String?) -> Bool {
  allowsRepetition(verdict: verdict.ffi, method: method, problemType: problemType)
}

extension CoreVerdict {
  var api: Verdict {
    switch self {
    case .tryAgain: .tryAgain
    case .sessionLives: .sessionLives
    case .mfaRequired: .mfaRequired
    case .signedOut: .signedOut
    case .otherUser: .otherUser
    case .undecided: .undecided
    }
  }
}

extension Verdict {
  var ffi: CoreVerdict {
    switch self {
    case .tryAgain: .tryAgain
    case .sessionLives: .sessionLives
    case .mfaRequired: .mfaRequired
    case .signedOut: .signedOut
    case .otherUser: .otherUser
    case .undecided: .undecided
    }
  }
}
