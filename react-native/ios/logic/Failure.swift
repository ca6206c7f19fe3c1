// Errors as JavaScript gets them.

import Foundation

/// Why a call failed: `NativeError` of the spec. Holds nothing of a server's answer, a request or the platform.
struct Failure {
  /// The stable code.
  let code: String
  /// A sentence for developers.
  let message: String
  /// All of it.
  let fields: [String: Any]

  /// What to say of `error`.
  init(_ error: any Error) {
    switch error {
    case let error as SessionError:
      self.init(error)
    case is CancellationError:
      self.init(code: "cancelled", "the call was cancelled")
    default:
      // Its text could hold anything.
      self.init(code: SessionError.Code.internal.rawValue, "a bug in appwrite-session; please report it")
    }
  }

  private init(_ error: SessionError) {
    var more: [String: Any] = [:]
    more["retryAfterMs"] = error.retryAfter.map { ($0 * 1000).rounded() }
    more["status"] = error.status
    more["type"] = error.appwriteType
    more["reason"] = error.reason?.rawValue
    more["origin"] = error.origin
    self.init(code: error.code.rawValue, error.localizedDescription, retryable: error.isRetryable, more)
  }

  private init(code: String, _ message: String, retryable: Bool = false, _ more: [String: Any] = [:]) {
    self.code = code
    self.message = message
    fields = more.merging(["code": code, "message": message, "retryable": retryable]) { $1 }
  }

  /// The error that a promise is rejected with: React Native hands its `userInfo` to JavaScript.
  var error: NSError { NSError(domain: "AppwriteSession", code: 0, userInfo: fields) }
}
