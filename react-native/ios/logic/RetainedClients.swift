// The clients that JavaScript left behind when it was reloaded, for the next JavaScript to take over.

import Foundation

/// What outlives a reload: the numbers that were given out, and the clients that nobody uses for now. They live on, so that a session
/// that is in memory only survives, and nothing is restored twice.
final class LeftBehind: @unchecked Sendable {
  /// Those of this process.
  static let ofProcess = LeftBehind()

  // Guarded by `lock`, which is why the class may say that it is Sendable.
  private var lastNumber = 0
  private var all: [(configuration: Configuration, session: SessionClient)] = []
  private let lock = NSLock()

  /// A number for a client, never used before in this process.
  func number() -> Int {
    lock.withLock {
      lastNumber += 1
      return lastNumber
    }
  }

  /// Leaves a client behind.
  func put(_ session: SessionClient, _ configuration: Configuration) {
    lock.withLock { all.append((configuration, session)) }
  }

  /// The client of that configuration, no longer left behind; of several the one that was first. Without one, those of the same place
  /// are closed. What they still do is waited for, but not long: JavaScript waits as well.
  func take(_ configuration: Configuration) -> SessionClient? {
    let (same, outdated) = lock.withLock { () -> (SessionClient?, [SessionClient]) in
      if let index = all.firstIndex(where: { $0.configuration == configuration }) { return (all.remove(at: index).session, []) }
      let outdated = all.filter { $0.configuration.place == configuration.place }
      all.removeAll { $0.configuration.place == configuration.place }
      return (nil, outdated.map(\.session))
    }
    let closing = DispatchGroup()
    for session in outdated {
      closing.enter()
      Task {
        await session.close()
        closing.leave()
      }
    }
    _ = closing.wait(timeout: .now() + .seconds(1))
    return same
  }
}
