import Foundation

/// Notices a callback of the app that calls back into a client and would wait for itself.
///
/// A task that the callback creates with `Task { … }` inherits the mark, so a store that waits for such a task with a semaphore is
/// noticed. A detached task is not; for that the core's own time limit for a store's call is left.
enum Callbacks {
  enum Kind: Sendable {
    case store(Misuse)
    case presence

    fileprivate var text: String {
      switch self {
      case .store: "a SecureStore calls back into a SessionClient, which waits for the store: a store must not use the client"
      case .presence:
        "UserPresence.confirm calls a function that waits for user presence: confirm must only show the dialog"
      }
    }
  }

  /// Remembers that a store called back into the client, which can never work.
  final class Misuse: @unchecked Sendable {
    private let lock = NSLock()
    private var happened = false

    func note() { lock.withLock { happened = true } }

    /// Tells the app what is wrong, in place of a store that seems to be unavailable.
    func refuse() throws {
      if lock.withLock({ happened }) { throw SessionError(.config, Kind.store(self).text) }
    }
  }

  /// The callback that runs on this thread or has created this task.
  @TaskLocal static var running: Kind?

  /// Runs a callback of the app.
  static func run<T>(_ kind: Kind, _ call: () throws -> T) rethrows -> T { try $running.withValue(kind, operation: call) }

  /// Refuses a call that waits for the core, from where the core waits.
  static func refuse(needsPresence: Bool = false) throws {
    switch running {
    case nil: return
    case .store(let misuse): misuse.note()
    case .presence: if !needsPresence { return }
    }
    if let running { throw SessionError(.config, running.text) }
  }
}
