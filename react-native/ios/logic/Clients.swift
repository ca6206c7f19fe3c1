// The clients that one JavaScript has built.

import Foundation

/// The clients of one JavaScript, by their numbers. When it is reloaded they are left behind.
final class Clients: @unchecked Sendable {
  private let host: any ModuleHost
  private let leftBehind: LeftBehind
  // Guarded by `lock`, which is why the class may say that it is Sendable.
  private var open: [Int: Client] = [:]
  private var closing: [Int: Client] = [:]
  /// The last change of each client that is closed.
  private var closed: [Int: Change] = [:]
  private var isGone = false
  private let lock = NSLock()

  init(host: any ModuleHost, leftBehind: LeftBehind) {
    self.host = host
    self.leftBehind = leftBehind
  }

  /// Builds a client, or takes over the one of an equal configuration that was left behind. One that is in use is never shared.
  ///
  /// - Throws: ``SessionError`` with the code `config`, or `closed` once this JavaScript is gone.
  func build(_ configuration: Configuration) throws -> Client {
    if lock.withLock({ isGone }) { throw Self.isClosed }
    let session = try leftBehind.take(configuration) ?? configuration.client(on: host)
    let client = Client(leftBehind.number(), configuration, session)
    lock.withLock { open[client.number] = client }
    return client
  }

  /// The client of that number.
  ///
  /// - Throws: ``SessionError`` with the code `closed` if it is closed, or there never was one.
  func inUse(_ number: Int) throws -> Client {
    guard let client = lock.withLock({ open[number] }) else { throw Self.isClosed }
    return client
  }

  /// The last change of the client of that number, be it closed; nil if there never was one.
  func change(_ number: Int) -> Change? {
    lock.withLock { (open[number] ?? closing[number])?.session.change ?? closed[number] }
  }

  /// Closes a client; one that is closed stays so.
  func close(_ number: Int) async {
    // From now on it is nobody's to take over.
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

  /// Leaves every client that is in use behind, and builds no more.
  func leave() {
    let left = lock.withLock {
      isGone = true
      defer { open = [:] }
      return open.values.sorted { $0.number < $1.number }
    }
    for client in left {
      client.unfollow()
      leftBehind.put(client.session, client.configuration)
    }
  }

  private static let isClosed = SessionError(.closed, "the client is closed")
}
