// The way to JavaScript, while there is one.

import Foundation

/// A promise of JavaScript: exactly one of the two is called, once.
struct Promise: Sendable {
  /// Takes the value of the spec; nil for none.
  let resolve: @Sendable (Any?) -> Void
  /// Takes the error's code, its text, and the error whose `userInfo` is `NativeError` of the spec.
  let reject: @Sendable (String?, String?, (any Error)?) -> Void
}

/// What JavaScript is told, until React Native invalidates the module: then the other side is gone, and nothing may reach it.
final class Outlet: @unchecked Sendable {
  // Guarded by `lock`, which is why the class may say that it is Sendable. Telling happens under the lock as well, so that it is over
  // when `close` returns; React Native only puts what it is told in a queue.
  private var listener: (@Sendable ([String: Any]) -> Void)?
  private let lock = NSLock()

  init(_ listener: @escaping @Sendable ([String: Any]) -> Void) {
    self.listener = listener
  }

  /// Tells a change.
  func tell(_ change: [String: Any]) { lock.withLock { listener?(change) } }

  /// Settles a promise with what `work` returns or throws.
  func settle(_ promise: Promise, with work: () async throws -> Any?) async {
    do {
      let value = try await work()
      ifOpen { promise.resolve(value) }
    } catch {
      let failure = Failure(error)
      ifOpen { promise.reject(failure.code, failure.message, failure.error) }
    }
  }

  /// From now on nothing is told.
  func close() { lock.withLock { listener = nil } }

  private func ifOpen(_ tell: () -> Void) {
    lock.withLock {
      if listener != nil { tell() }
    }
  }
}
