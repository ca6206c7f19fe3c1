// Errors for JavaScript.

import Foundation

/// The failure of a call: `NativeError` of the spec. It contains nothing of a server's answer, a request or the platform.
struct Failure {
  /// The stable code.
  let code: String
  /// A sentence for developers.
  let message: String
  /// All members of `NativeError`.
  let fields: [String: Any]

  /// Converts an error.
  init(_ error: any Error) {
    switch error {
    case let error as SessionError:
      self.init(error)
    case is CancellationError:
      self.init(code: "cancelled", "the call was cancelled", mayHaveArrived: true)
    default:
      // The text of a foreign error is not used: it could contain anything.
      self.init(code: SessionError.Code.internal.rawValue, "a bug in appwrite-session; please report it", mayHaveArrived: true)
    }
  }

  private init(_ error: SessionError) {
    var more: [String: Any] = [:]
    more["retryAfterMs"] = error.retryAfter.map { ($0 * 1000).rounded() }
    more["failureCause"] = error.failureCause?.rawValue
    more["status"] = error.status
    more["type"] = error.appwriteType
    more["reason"] = error.reason?.rawValue
    more["origin"] = error.origin
    more["detail"] = error.detail
    self.init(
      code: error.code.rawValue, error.localizedDescription, retryable: error.isRetryable, mayHaveArrived: error.mayHaveArrived, more)
  }

  private init(code: String, _ message: String, retryable: Bool = false, mayHaveArrived: Bool, _ more: [String: Any] = [:]) {
    self.code = code
    self.message = message
    let always: [String: Any] = ["code": code, "message": message, "retryable": retryable, "mayHaveArrived": mayHaveArrived]
    fields = more.merging(always) { $1 }
  }

  /// The error with which a promise is rejected. React Native passes its `userInfo` to JavaScript.
  var error: NSError { NSError(domain: "AppwriteSession", code: 0, userInfo: fields) }
}
