// The platform's screens for signing in, which an app can leave out, and the URLs that open the app.

import Foundation

/// What shows the platform's screens.
protocol ScreenHost: Sendable {
  /// Shows the screen of that name of the spec. Its input and its answer are JSON. Nil if the user closed it.
  ///
  /// - Throws: ``SessionError`` with the code `screenFailed`, or `CancellationError` if the task was cancelled, which closes the screen.
  func show(_ screen: String, _ input: String) async throws -> String?

  /// An operation has succeeded, so that Appwrite has what it was given.
  func performed(_ operation: String, _ argumentsJSON: String)
}

/// An app without the screens.
struct NoScreens: ScreenHost {
  func show(_ screen: String, _ input: String) async throws -> String? { throw SessionError(.notLinked) }
  func performed(_ operation: String, _ argumentsJSON: String) {}
}

/// The last URL that opened the app, until JavaScript takes it.
final class OpenedURL: @unchecked Sendable {
  /// That of this process.
  static let ofProcess = OpenedURL()

  // Guarded by `lock`, so the class is Sendable.
  private var url: URL?
  private let lock = NSLock()

  /// Keeps a URL in place of the one before.
  func put(_ url: URL) { lock.withLock { self.url = url } }

  /// The URL, once.
  func take() -> URL? {
    lock.withLock {
      defer { url = nil }
      return url
    }
  }
}
