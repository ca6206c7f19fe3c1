// The clients that are retained when JavaScript is reloaded.

import Foundation

/// The clients that were in use when JavaScript was reloaded, and the numbers of clients. The clients stay open, so that a session that
/// is only in memory survives, and no session is restored twice.
final class RetainedClients: @unchecked Sendable {
  /// The retained clients of this process.
  static let ofProcess = RetainedClients()

  // Guarded by `lock`, so the class is Sendable.
  private var lastNumber = 0
  private var all: [(configuration: Configuration, session: SessionClient)] = []
  private let lock = NSLock()

  /// A new number for a client. No number is used twice in a process.
  func number() -> Int {
    lock.withLock {
      lastNumber += 1
      return lastNumber
    }
  }

  /// Retains a client.
  func put(_ session: SessionClient, _ configuration: Configuration) {
    lock.withLock { all.append((configuration, session)) }
  }

  /// Returns the client with that configuration, which is not retained any more. If there are several, it is the oldest. If there is none,
  /// the clients of the same place are closed. Their work is waited for, for a short time only, because JavaScript waits too.
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
