// A client as one JavaScript knows it.

import Foundation

/// A client by its number, with the requests that it authorized.
final class Client: @unchecked Sendable {
  /// How many authorizations are kept, so that a 401 can be reported for them.
  static let authorizationsKept = 256

  let number: Int
  let configuration: Configuration
  let session: SessionClient
  // Guarded by `lock`, which is why the class may say that it is Sendable.
  private var following: Task<Void, Never>?
  private var authorizations: [Int: Authorization] = [:]
  private var lastAuthorization = 0
  private let lock = NSLock()

  init(_ number: Int, _ configuration: Configuration, _ session: SessionClient) {
    self.number = number
    self.configuration = configuration
    self.session = session
  }

  /// Tells every change, the current state first, until the client is closed or this is ended.
  func follow(_ tell: @escaping @Sendable (Change) -> Void) {
    let changes = session.changes
    lock.withLock { following = Task { for await change in changes { tell(change) } } }
  }

  /// Ends what is followed.
  func unfollow() { lock.withLock { following }?.cancel() }

  /// Keeps an authorization; the number by which it is found.
  func keep(_ authorization: Authorization) -> Int {
    lock.withLock {
      lastAuthorization += 1
      authorizations[lastAuthorization] = authorization
      authorizations[lastAuthorization - Self.authorizationsKept] = nil
      return lastAuthorization
    }
  }

  /// The authorization of that number, if it is still kept.
  func authorization(_ number: Int) -> Authorization? { lock.withLock { authorizations[number] } }
}
