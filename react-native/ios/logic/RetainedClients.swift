// The clients that are retained when JavaScript is reloaded.

import Foundation

/// The clients that were in use when JavaScript was reloaded, and the numbers of clients. The clients stay open, so that a session that
/// is only in memory survives, and no session is restored twice. Likewise the accounts, each with its clients.
final class RetainedClients: @unchecked Sendable {
  /// The retained clients of this process.
  static let ofProcess = RetainedClients()

  // Guarded by `lock`, so the class is Sendable.
  private var lastNumber = 0
  private let lock = NSLock()
  private let clients = Retained<SessionClient> { await $0.close() }
  private let allAccounts = Retained<Accounts> { await $0.close() }

  /// A new number for a client, or for accounts. No number is used twice in a process.
  func number() -> Int {
    lock.withLock {
      lastNumber += 1
      return lastNumber
    }
  }

  /// Retains a client.
  func put(_ session: SessionClient, _ configuration: Configuration) { clients.put(session, configuration) }

  /// Retains accounts.
  func put(_ accounts: Accounts, _ configuration: Configuration) { allAccounts.put(accounts, configuration) }

  /// The client with that configuration, see `Retained.take`.
  func take(_ configuration: Configuration) -> SessionClient? { clients.take(configuration) }

  /// The accounts with that configuration, see `Retained.take`.
  func takeAccounts(_ configuration: Configuration) -> Accounts? { allAccounts.take(configuration) }
}

/// What is retained of one kind.
private final class Retained<Value: Sendable>: @unchecked Sendable {
  // Guarded by `lock`, so the class is Sendable.
  private var all: [(configuration: Configuration, value: Value)] = []
  private let lock = NSLock()
  private let close: @Sendable (Value) async -> Void

  init(_ close: @escaping @Sendable (Value) async -> Void) { self.close = close }

  func put(_ value: Value, _ configuration: Configuration) { lock.withLock { all.append((configuration, value)) } }

  /// Returns the one with that configuration, which is not retained any more. If there are several, it is the oldest. If there is none,
  /// those of the same place are closed. Their work is waited for, for a short time only, because JavaScript waits too.
  func take(_ configuration: Configuration) -> Value? {
    let (same, outdated) = lock.withLock { () -> (Value?, [Value]) in
      if let index = all.firstIndex(where: { $0.configuration == configuration }) { return (all.remove(at: index).value, []) }
      let outdated = all.filter { $0.configuration.place == configuration.place }
      all.removeAll { $0.configuration.place == configuration.place }
      return (nil, outdated.map(\.value))
    }
    let closing = DispatchGroup()
    for value in outdated {
      closing.enter()
      Task {
        await close(value)
        closing.leave()
      }
    }
    _ = closing.wait(timeout: .now() + .seconds(1))
    return same
  }
}
