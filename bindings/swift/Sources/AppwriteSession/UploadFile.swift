import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// A file that is sent as a body, or in a form.
///
/// The library opens and reads it when it is sent, a part at a time, and again if the call is sent again. Its length must not change
/// meanwhile. A file that cannot be read is a ``SessionError`` with the code `fileFailed`.
public struct UploadFile: Sendable, CustomReflectable {
  private let source: Source
  private let name: String?
  private let contentType: String?

  private enum Source: Sendable {
    case url(URL)
    case written(@Sendable (URL) async throws -> Void)
  }

  /// The file at `url`.
  ///
  /// - Parameters:
  ///   - url: A file URL. The function that sends throws ``SessionError`` with the code `config` for any other.
  ///   - name: The name that a form says. That of the URL if not set.
  ///   - contentType: The content type, such as `image/jpeg`. `application/octet-stream` if not set.
  public init(_ url: URL, name: String? = nil, contentType: String? = nil) {
    source = .url(url)
    self.name = name
    self.contentType = contentType
  }

  /// A file that `write` writes, such as an asset of Photos.
  ///
  /// Whenever a request with it is sent, `write` is called once, before anything is sent, in the task that sends: so cancelling the task
  /// cancels it, and the time that it takes does not count for the time limits. What it throws is thrown by the function that sends.
  ///
  /// - Parameters:
  ///   - name: The name that a form says.
  ///   - contentType: The content type, such as `image/jpeg`. `application/octet-stream` if not set.
  ///   - write: Writes the whole file to the URL that it is given, where there is no file yet. The file is removed when the call has ended.
  public init(name: String, contentType: String? = nil, write: @escaping @Sendable (URL) async throws -> Void) {
    source = .written(write)
    self.name = name
    self.contentType = contentType
  }

  func ffi(_ files: WrittenFiles) async throws -> SentFile {
    let path: String
    switch source {
    case .url(let url): path = try filePath(of: url)
    case .written(let write): path = try await files.add(write).path
    }
    return SentFile(source: .path(path: path), name: name, contentType: contentType)
  }

  /// Shows nothing: name and place can say something of the user.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The path of a file URL.
func filePath(of url: URL) throws -> String {
  guard url.isFileURL else { throw SessionError(.config, "the URL is of no file; use a file URL") }
  return url.path
}

/// The files that were written for one call. They go when nothing refers to this any more.
final class WrittenFiles: @unchecked Sendable {
  // Guarded by `lock`, which is why the class may say that it is Sendable.
  private var files: [URL] = []
  private let lock = NSLock()

  /// Has `write` write a file.
  func add(_ write: (URL) async throws -> Void) async throws -> URL {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    lock.withLock { files.append(file) }
    try await write(file)
    return file
  }

  deinit {
    for file in files { try? FileManager.default.removeItem(at: file) }
  }
}
