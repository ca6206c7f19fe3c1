import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// A call of a gateway, to be sent with ``response()``, ``stream()``, ``events()`` or ``download(to:)``. What is wrong with it is said
/// there.
public struct GatewayRequest: Sendable, CustomReflectable {
  let client: CoreClient
  let method: String
  let target: String
  /// The app's own headers, in order; a name can be there several times. The credential's cannot be set.
  public var headers: [(name: String, value: String)] = []
  /// The time for the whole call in seconds, in place of the client's: attempts, redirects, the answer's body and the arbitration of a
  /// 401.
  public var timeout: TimeInterval?
  /// Whether the request is idempotent although its method does not say so: sending it twice has the effect of sending it once, so
  /// that it may be retried.
  public var isIdempotent = false
  /// How many bytes the body of the answer may have, in place of the client's limit. It is held in memory. With ``download(to:)`` it limits
  /// the file, which has no limit otherwise; with ``events()`` it limits a single event.
  public var responseLimit: Int?
  var content = Content.bytes(Data())
  var observer: (@Sendable (Transfer) -> Void)?

  /// What the body is.
  enum Content: Sendable {
    case bytes(Data)
    case file(UploadFile)
    case form(Multipart)
  }

  init(client: CoreClient, method: String, target: String) {
    self.client = client
    self.method = method
    self.target = target
  }

  /// The body; empty for none, and if the body is a file or a form.
  public var body: Data {
    get { if case .bytes(let data) = content { data } else { Data() } }
    set { content = .bytes(newValue) }
  }

  /// Sets a header, in place of those of the same name, whatever their case.
  public mutating func setHeader(_ name: String, _ value: String) {
    headers.removeAll { $0.name.caseInsensitiveCompare(name) == .orderedSame }
    addHeader(name, value)
  }

  /// Adds a header beside those of the same name.
  public mutating func addHeader(_ name: String, _ value: String) { headers.append((name, value)) }

  /// Sets the body to `value` as JSON, and the content type to `application/json`.
  ///
  /// - Throws: ``SessionError`` with the code `config` if `value` cannot be written as JSON.
  public mutating func setBody(json value: some Encodable, by encoder: JSONEncoder = JSONEncoder()) throws {
    do {
      body = try encoder.encode(value)
    } catch {
      throw SessionError(.config, "the body cannot be written as JSON; use string keys and finite numbers")
    }
    setHeader("Content-Type", "application/json")
  }

  /// This request with `value` as its JSON body; see ``setBody(json:by:)``.
  ///
  /// ```swift
  /// let placed: Order = try await session.post("/orders").json(order).decoded()
  /// ```
  public func json(_ value: some Encodable, by encoder: JSONEncoder = JSONEncoder()) throws -> GatewayRequest {
    var request = self
    try request.setBody(json: value, by: encoder)
    return request
  }

  /// This request with a file as its body. The content type is that of the file, unless a header sets one.
  public func file(_ file: UploadFile) -> GatewayRequest { with(.file(file)) }

  /// This request with a form as its body. The content type is `multipart/form-data`, in place of one that a header sets.
  public func multipart(_ form: Multipart) -> GatewayRequest { with(.form(form)) }

  /// This request with an observer, which hears how far the body of the request, and the file of ``download(to:)``, have come.
  ///
  /// It is called on a thread of Swift's own pool, one call at a time, never on a thread of the library. If it is slow, only the last news of
  /// each body is told. Of a body that was sent or received completely the last news says so, and is told before the function that sends
  /// returns. Once that has returned or thrown, nothing more is told.
  public func onProgress(_ observer: @escaping @Sendable (Transfer) -> Void) -> GatewayRequest {
    var request = self
    request.observer = observer
    return request
  }

  private func with(_ content: Content) -> GatewayRequest {
    var request = self
    request.content = content
    return request
  }

  /// Shows the method only: the rest is the app's data, and can hold anything.
  public var customMirror: Mirror { Mirror(self, children: ["method": method]) }
}
