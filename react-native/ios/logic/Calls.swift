// The running gateway calls, by the numbers that JavaScript chose.

import Foundation

/// The running calls of one JavaScript runtime. They can be cancelled, also after their client was closed.
final class Calls: @unchecked Sendable {
  private struct Key: Hashable {
    let client: Int
    let call: Int
  }

  // Guarded by `lock`, so the class is Sendable.
  private var running: [Key: Task<Void, Never>] = [:]
  private let lock = NSLock()

  /// Starts a call.
  func start(_ client: Int, _ call: Int, _ work: @escaping @Sendable () async -> Void) {
    let key = Key(client: client, call: call)
    // Under the lock, so that the call is recorded before it can end.
    lock.withLock {
      running[key] = Task {
        await work()
        forget(key)
      }
    }
  }

  /// Aborts the call with that number, if it is running.
  func cancel(_ client: Int, _ call: Int) { lock.withLock { running[Key(client: client, call: call)] }?.cancel() }

  /// Aborts all calls.
  func cancelAll() {
    for task in lock.withLock({ Array(running.values) }) { task.cancel() }
  }

  private func forget(_ key: Key) { lock.withLock { running[key] = nil } }
}
