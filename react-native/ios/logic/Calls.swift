// The gateway calls under way, by the numbers that JavaScript gave them.

import Foundation

/// The calls of one JavaScript, which can cancel them; also those of a client that it closed meanwhile.
final class Calls: @unchecked Sendable {
  private struct Key: Hashable {
    let client: Int
    let call: Int
  }

  // Guarded by `lock`, which is why the class may say that it is Sendable.
  private var underWay: [Key: Task<Void, Never>] = [:]
  private let lock = NSLock()

  /// Starts a call.
  func start(_ client: Int, _ call: Int, _ work: @escaping @Sendable () async -> Void) {
    let key = Key(client: client, call: call)
    // Under the lock, so that it is not over before it is noted.
    lock.withLock {
      underWay[key] = Task {
        await work()
        forget(key)
      }
    }
  }

  /// Aborts the call of that number, if it is under way.
  func cancel(_ client: Int, _ call: Int) { lock.withLock { underWay[Key(client: client, call: call)] }?.cancel() }

  /// Aborts all of them.
  func cancelAll() {
    for task in lock.withLock({ Array(underWay.values) }) { task.cancel() }
  }

  private func forget(_ key: Key) { lock.withLock { underWay[key] = nil } }
}
