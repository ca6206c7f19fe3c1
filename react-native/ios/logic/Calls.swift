// The running gateway calls, by the numbers that JavaScript chose, and the screens.

import Foundation

/// The running calls of one JavaScript runtime. They can be cancelled, also after their client was closed.
final class Calls: @unchecked Sendable {
  private struct Key: Hashable {
    let client: Int
    let call: Int
  }

  // Guarded by `lock`, so the class is Sendable.
  private var running: [Key: Task<Void, Never>] = [:]
  private var screens = 0
  private let lock = NSLock()

  /// Starts a call.
  func start(_ client: Int, _ call: Int, _ work: @escaping @Sendable () async -> Void) {
    lock.withLock { run(Key(client: client, call: call), work) }
  }

  /// Starts what shows a screen, which is of no client and ends with `cancelAll`.
  func startScreen(_ work: @escaping @Sendable () async -> Void) {
    lock.withLock {
      screens += 1
      // No client has this number.
      run(Key(client: 0, call: screens), work)
    }
  }

  /// Under the lock, so that the call is recorded before it can end.
  private func run(_ key: Key, _ work: @escaping @Sendable () async -> Void) {
    running[key] = Task {
      await work()
      forget(key)
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
