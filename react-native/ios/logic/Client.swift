// A client of one JavaScript runtime.

import Foundation

/// A client, its number, and its authorizations.
final class Client: @unchecked Sendable {
  /// How many authorizations are kept, so that a 401 can be reported for them.
  static let authorizationsKept = 256

  let number: Int
  /// What it was built from; nil for a client of accounts, which are retained in its place.
  let configuration: Configuration?
  let session: SessionClient
  // Guarded by `lock`, so the class is Sendable.
  private var following: Task<Void, Never>?
  private var authorizations: [Int: Authorization] = [:]
  private var lastAuthorization = 0
  private let lock = NSLock()

  init(_ number: Int, _ configuration: Configuration?, _ session: SessionClient) {
    self.number = number
    self.configuration = configuration
    self.session = session
  }

  /// Calls `handle` with every change, the current state first, until the client is closed or `unfollow` is called.
  func follow(_ handle: @escaping @Sendable (Change) -> Void) {
    let changes = session.changes
    lock.withLock { following = Task { for await change in changes { handle(change) } } }
  }

  /// Stops `follow`.
  func unfollow() { lock.withLock { following }?.cancel() }

  /// Keeps an authorization, and returns its number.
  func keep(_ authorization: Authorization) -> Int {
    lock.withLock {
      lastAuthorization += 1
      authorizations[lastAuthorization] = authorization
      authorizations[lastAuthorization - Self.authorizationsKept] = nil
      return lastAuthorization
    }
  }

  /// The authorization with that number, if it is still kept.
  func authorization(_ number: Int) -> Authorization? { lock.withLock { authorizations[number] } }
}
