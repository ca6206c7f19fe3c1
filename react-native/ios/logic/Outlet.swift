// Sends events and results to JavaScript.

import Foundation

/// A promise of JavaScript. Exactly one of the two functions is called, once.
struct Promise: Sendable {
  /// Takes the value; nil if there is none.
  let resolve: @Sendable (Any?) -> Void
  /// Takes the code, the message, and an error whose `userInfo` is `NativeError` of the spec.
  let reject: @Sendable (String?, String?, (any Error)?) -> Void
}

/// Sends events and results to JavaScript, until React Native invalidates the module. After that, nothing may be sent.
final class Outlet: @unchecked Sendable {
  // Guarded by `lock`, so the class is Sendable. Sending happens under the lock as well, so that it is done when `close` returns. React
  // Native only adds to a queue what is sent.
  private var listeners: Listeners?
  private let lock = NSLock()

  /// Who takes the events of the spec.
  struct Listeners: Sendable {
    let onChange: @Sendable ([String: Any]) -> Void
    let onAccountsState: @Sendable ([String: Any]) -> Void
    let onTransfer: @Sendable ([String: Any]) -> Void
  }

  init(_ listeners: Listeners) {
    self.listeners = listeners
  }

  /// Sends a change of a client.
  func emit(_ change: [String: Any]) { lock.withLock { listeners?.onChange(change) } }

  /// Sends a state of accounts.
  func emitAccounts(_ state: [String: Any]) { lock.withLock { listeners?.onAccountsState(state) } }

  /// Sends a transfer of a call.
  func emitTransfer(_ transfer: [String: Any]) { lock.withLock { listeners?.onTransfer(transfer) } }

  /// Resolves or rejects a promise with the result of `work`.
  func complete(_ promise: Promise, with work: () async throws -> Any?) async {
    do {
      let value = try await work()
      ifOpen { promise.resolve(value) }
    } catch {
      let failure = Failure(error)
      ifOpen { promise.reject(failure.code, failure.message, failure.error) }
    }
  }

  /// From now on nothing is sent.
  func close() { lock.withLock { listeners = nil } }

  private func ifOpen(_ send: () -> Void) {
    lock.withLock {
      if listeners != nil { send() }
    }
  }
}
