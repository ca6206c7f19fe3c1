import Foundation

#if canImport(AppwriteSession)
  import AppwriteSession
#endif

/// Runs what shows a screen, from what is asked of Appwrite before it to what Appwrite is told after it.
///
/// One at a time, for the whole process: the platform shows no second screen, and a second sign-in in the browser would take the place of the
/// first.
///
/// - Throws: `SessionError` with the fault `interrupted` if another one runs; otherwise what `flow` throws.
func inTurn<T: Sendable>(_ flow: () async throws -> T) async throws -> T {
  guard turns.take() else { throw SessionError(.interrupted) }
  defer { turns.giveBack() }
  return try await flow()
}

private let turns = Turns()

private final class Turns: @unchecked Sendable {
  // Guarded by `lock`.
  private var taken = false
  private let lock = NSLock()

  func take() -> Bool {
    lock.withLock {
      defer { taken = true }
      return !taken
    }
  }

  func giveBack() { lock.withLock { taken = false } }
}
