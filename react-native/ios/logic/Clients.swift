// The clients of one JavaScript runtime.

import Foundation

/// The clients of one JavaScript runtime, by their numbers. When JavaScript is reloaded, they are retained.
final class Clients: @unchecked Sendable {
  private let host: any ModuleHost
  private let retained: RetainedClients
  // Guarded by `lock`, so the class is Sendable.
  private var open: [Int: Client] = [:]
  private var closing: [Int: Client] = [:]
  private var accounts: [Int: OpenAccounts] = [:]
  private var closedAccounts: [Int: OpenAccounts] = [:]
  /// The last change of each closed client.
  private var closed: [Int: Change] = [:]
  private var isGone = false
  private let lock = NSLock()

  init(host: any ModuleHost, retained: RetainedClients) {
    self.host = host
    self.retained = retained
  }

  /// Builds a client, or uses a retained one with an equal configuration again. A client that is in use is never shared.
  ///
  /// - Throws: ``SessionError`` with the code `config`, or `closed` if this JavaScript runtime has ended.
  func build(_ configuration: Configuration) throws -> Client {
    if lock.withLock({ isGone }) { throw Self.isClosed }
    let session = try retained.take(configuration) ?? configuration.client(on: host)
    let client = Client(retained.number(), configuration, session)
    lock.withLock { open[client.number] = client }
    return client
  }

  /// Builds accounts, or uses retained ones with an equal configuration again, as `build` does.
  ///
  /// - Throws: ``SessionError`` with the code `config`, or `closed` if this JavaScript runtime has ended.
  func buildAccounts(_ configuration: Configuration) throws -> OpenAccounts {
    if lock.withLock({ isGone }) { throw Self.isClosed }
    let accounts = try retained.takeAccounts(configuration) ?? configuration.accounts(on: host)
    let opened = OpenAccounts(retained.number(), configuration, accounts)
    lock.withLock { self.accounts[opened.number] = opened }
    return opened
  }

  /// The accounts with that number, also if they are closed; nil if there never were any.
  func knownAccounts(_ number: Int) -> OpenAccounts? { lock.withLock { accounts[number] ?? closedAccounts[number] } }

  /// The accounts with that number.
  ///
  /// - Throws: ``SessionError`` with the code `closed` if they are closed, or there never were any.
  func accountsInUse(_ number: Int) throws -> OpenAccounts {
    guard let opened = lock.withLock({ accounts[number] }) else { throw Self.areClosed }
    return opened
  }

  /// The client of an account, which has one number. `isNew` gets it when it has got the number.
  ///
  /// - Throws: ``SessionError`` with the code `closed` if the accounts are closed, or `config` if there is no such account.
  func openAccount(_ number: Int, _ id: String, isNew: (Client) -> Void) async throws -> Client {
    let opened = try accountsInUse(number)
    let session = try await opened.accounts.client(of: id)
    return try lock.withLock {
      guard accounts[number] != nil else { throw Self.areClosed }
      return opened.client(id) {
        let client = Client(retained.number(), nil, session)
        open[client.number] = client
        isNew(client)
        return client
      }
    }
  }

  /// Closes accounts, and their clients. Closing them again does nothing.
  func closeAccounts(_ number: Int) async {
    // From now on they are not retained.
    let opened = lock.withLock { () -> OpenAccounts? in
      guard let opened = accounts.removeValue(forKey: number) else { return nil }
      closedAccounts[number] = opened
      return opened
    }
    guard let opened else { return }
    await opened.accounts.close()
    for client in opened.all { await close(client.number) }
  }

  /// The client with that number.
  ///
  /// - Throws: ``SessionError`` with the code `closed` if it is closed, or there never was one.
  func inUse(_ number: Int) throws -> Client {
    guard let client = lock.withLock({ open[number] }) else { throw Self.isClosed }
    return client
  }

  /// The last change of the client with that number, also if it is closed; nil if there never was one.
  func change(_ number: Int) -> Change? {
    lock.withLock { (open[number] ?? closing[number])?.session.change ?? closed[number] }
  }

  /// Closes a client. Closing it again does nothing.
  func close(_ number: Int) async {
    // From now on it is not retained.
    let client = lock.withLock { () -> Client? in
      closing[number] = open.removeValue(forKey: number) ?? closing[number]
      return closing[number]
    }
    guard let client else { return }
    await client.session.close()
    lock.withLock {
      closed[number] = client.session.change
      closing[number] = nil
    }
  }

  /// Retains every client that is in use. No client can be built after that.
  func retainAll() {
    let (inUse, accountsInUse) = lock.withLock {
      isGone = true
      defer { (open, accounts) = ([:], [:]) }
      return (open.values.sorted { $0.number < $1.number }, accounts.values.sorted { $0.number < $1.number })
    }
    for client in inUse {
      client.unfollow()
      if let configuration = client.configuration { retained.put(client.session, configuration) }
    }
    for opened in accountsInUse {
      opened.unfollow()
      retained.put(opened.accounts, opened.configuration)
    }
  }

  private static let areClosed = SessionError(.closed, "the accounts are closed")
  private static let isClosed = SessionError(.closed, "the client is closed")
}
