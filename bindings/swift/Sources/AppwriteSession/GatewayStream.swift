import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// An answer of a gateway whose body comes chunk by chunk.
///
/// ```swift
/// let export = try await session.get("/export").stream().requireSuccess()
/// for try await chunk in export { try file.write(contentsOf: chunk) }
/// ```
///
/// It is the sequence of the chunks. Nothing is read before it is asked for, but what the buffers of HTTP and TCP hold. The end of the
/// iteration closes the connection: at the body's end, on an error, with `break`, and when the task is cancelled, which throws
/// `CancellationError`. Until then, or until ``close()``, the answer holds a connection for as long as something refers to it.
///
/// The iteration throws ``SessionError``: one of the network's if the rest did not come, so that an end without an error is the end of the
/// body; `signedOut`, `mfaRequired` or `superseded` if the user for whom the call was made is not signed in any more; `closed` if the client
/// was closed; and `config` if it is the second iteration, for a body can be read once.
public final class GatewayStream: AsyncSequence, Sendable, CustomReflectable {
  /// Some bytes of the body, at least one.
  public typealias Element = Data

  /// The URL that answered: the one that was called, or what its redirects led to.
  public let url: String
  /// Whether a redirect was followed.
  public let isRedirected: Bool
  /// The HTTP status.
  public let status: Int
  /// The headers, in order.
  public let headers: [(name: String, value: String)]
  /// How many bytes the body should have, if the gateway says so.
  public let length: Int?
  private let reader: GatewayBodyReader
  private let isTaken = Once()

  init(_ reader: GatewayBodyReader) {
    let head = reader.head()
    url = head.url
    isRedirected = head.redirected
    status = Int(head.status)
    headers = head.headers.map { (name: $0.name, value: $0.value) }
    length = reader.length().map { Int(clamping: $0) }
    self.reader = reader
  }

  /// Whether the status is one of success (2xx).
  public var isSuccess: Bool { (200..<300).contains(status) }

  /// The first header of that name, without case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
  }

  /// This answer, if its status is one of success (2xx). Otherwise its body is read, which is short, and it is closed.
  ///
  /// - Throws: ``SessionError`` with the code `unexpectedStatus` otherwise, as ``GatewayResponse/requireSuccess()``.
  @discardableResult
  public func requireSuccess() async throws -> GatewayStream {
    guard !isSuccess else { return self }
    var body = Data()
    for try await chunk in self { body += chunk }
    let whole = GatewayResponse(
      url: url, isRedirected: isRedirected, status: status, headers: headers.map { ($0.name, $0.value) }, data: body)
    try whole.requireSuccess()
    return self
  }

  /// Closes the connection. An iteration under way ends. Never waits; a second call does nothing.
  public func close() { reader.close() }

  /// Begins the iteration.
  public func makeAsyncIterator() -> Iterator { Iterator(reading: isTaken.happens() ? Reading(reader) : nil) }

  /// Shows the status: the rest is the app's data, and can hold anything.
  public var customMirror: Mirror { Mirror(self, children: ["status": status]) }

  /// Reads the body. Its copies read the same one, one after another.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    fileprivate let reading: Reading?

    /// The next bytes, or nil at the end.
    public mutating func next() async throws -> Data? {
      guard let reading else { throw SessionError(.config, "the body of an answer can be read once") }
      return try await reading.next()
    }
  }

  /// An iteration under way. Its end closes the connection.
  fileprivate final class Reading: Sendable {
    private let reader: GatewayBodyReader

    init(_ reader: GatewayBodyReader) { self.reader = reader }

    deinit { reader.close() }

    func next() async throws -> Data? {
      let reader = reader
      return try await nextOf(reader.close) { try await reader.next() }
    }
  }
}

/// Waits for the next thing of a reader, which `close` closes if the task is cancelled.
func nextOf<T: Sendable>(
  needsPresence: Bool = false, _ close: @escaping @Sendable () -> Void, _ next: @escaping @Sendable () async throws -> T?
) async throws -> T? {
  try Callbacks.refuse(needsPresence: needsPresence)
  let next = try await withTaskCancellationHandler {
    try await waiting(for: next)
  } onCancel: {
    close()
  }
  // Who was cancelled must not take what was closed for what has ended.
  if next == nil { try Task.checkCancellation() }
  return next
}

/// Something that happens once.
final class Once: @unchecked Sendable {
  // Guarded by `lock`, which is why the class may say that it is Sendable.
  private var hasHappened = false
  private let lock = NSLock()

  /// Whether this is the first time.
  func happens() -> Bool {
    lock.withLock {
      defer { hasHappened = true }
      return !hasHappened
    }
  }
}
