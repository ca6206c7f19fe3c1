// Accounts of one JavaScript runtime.

import Foundation

/// Accounts, their number, and their clients.
final class OpenAccounts: @unchecked Sendable {
  let number: Int
  let configuration: Configuration
  let accounts: Accounts
  // Guarded by `lock`, so the class is Sendable.
  private var clients: [String: Client] = [:]
  private var following: Task<Void, Never>?
  private let lock = NSLock()

  init(_ number: Int, _ configuration: Configuration, _ accounts: Accounts) {
    self.number = number
    self.configuration = configuration
    self.accounts = accounts
  }

  /// Calls `handle` with every state as JSON, until the accounts are closed or `unfollow` is called.
  func follow(_ handle: @escaping @Sendable (String) -> Void) {
    let task = accounts.followJSON(handle)
    lock.withLock { following = task }
  }

  /// Stops `follow`.
  func unfollow() { lock.withLock { following }?.cancel() }

  /// The client of an account; `make` makes it the first time.
  func client(_ id: String, _ make: () -> Client) -> Client {
    lock.withLock {
      let client = clients[id] ?? make()
      clients[id] = client
      return client
    }
  }

  /// Their clients.
  var all: [Client] { lock.withLock { Array(clients.values) } }
}
