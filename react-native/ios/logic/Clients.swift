// The clients of one JavaScript runtime.

import Foundation

/// The clients of one JavaScript runtime, by their numbers. When JavaScript is reloaded, they are retained.
final class Clients: @unchecked Sendable {
  private let host: any ModuleHost
  private let retained: RetainedClients
  // Guarded by `lock`, so the class is Sendable.
  private var open: [Int: Client] = [:]
  private var closing: [Int: Client] = [:]
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
    let inUse = lock.withLock {
      isGone = true
      defer { open = [:] }
      return open.values.sorted { $0.number < $1.number }
    }
    for client in inUse {
      client.unfollow()
      retained.put(client.session, client.configuration)
    }
  }

  private static let isClosed = SessionError(.closed, "the client is closed")
}
