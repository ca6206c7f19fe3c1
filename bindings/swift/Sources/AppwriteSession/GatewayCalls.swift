import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// A call of a gateway, to be sent with ``response()``. What is wrong with it is said there.
public struct GatewayRequest: Sendable, CustomReflectable {
  let client: CoreClient
  let method: String
  let target: String
  /// The app's own headers, one value for each name. The credential's cannot be set.
  public var headers: [String: String] = [:]
  private var repeated: [(name: String, value: String)] = []
  /// The body; empty for none.
  public var body = Data()
  /// The time for the whole call in seconds, retries and redirects included, in place of the client's.
  public var timeout: TimeInterval?
  /// How many bytes the body of the answer may have, in place of the client's limit.
  public var responseLimit: Int?
  /// Whether a POST or PATCH is idempotent, for example because of an idempotency key, so that it may be retried. The other methods are
  /// idempotent by themselves.
  public var isIdempotent = false

  init(client: CoreClient, method: String, target: String) {
    self.client = client
    self.method = method
    self.target = target
  }

  /// Adds a header line, beside those of the same name.
  public mutating func addHeader(_ name: String, _ value: String) { repeated.append((name, value)) }

  /// Sets the body to `value` as JSON, and the content type to `application/json`.
  ///
  /// - Throws: ``SessionError`` with the code `config` if `value` cannot be written as JSON.
  public mutating func setBody(json value: some Encodable, by encoder: JSONEncoder = JSONEncoder()) throws {
    do {
      body = try encoder.encode(value)
    } catch {
      throw SessionError(.config, "the body cannot be written as JSON; use string keys and finite numbers")
    }
    headers["Content-Type"] = "application/json"
  }

  /// Sends the request with the credential, and reads the whole answer. Every HTTP status is an answer, not an error.
  ///
  /// A 401 is arbitrated first: Appwrite is asked, once for all calls, whether the session lives. If it does, the gateway's 401 is
  /// returned as it is. Cancelling the task aborts the request and throws `CancellationError`; the session is not touched by that.
  ///
  /// - Throws: ``SessionError`` with the code `originNotAllowed`, `config`, `signedOut`, `mfaRequired` or `storageLocked` before
  ///   anything was sent; or with one of the network's.
  public func response() async throws -> GatewayResponse {
    let options = GatewayRequestOptions(
      method: method, target: target,
      headers: headers.map { CoreHeader(name: $0.key, value: $0.value) }
        + repeated.map { CoreHeader(name: $0.name, value: $0.value) },
      body: body, timeoutMs: timeout.map(milliseconds), repeatable: isIdempotent,
      responseLimit: responseLimit.map { UInt64(clamping: $0) })
    let call = try translating { try client.request(options: options) }
    do {
      let reply = try await withTaskCancellationHandler {
        try await call.send()
      } onCancel: {
        call.cancel()
      }
      guard let reply else { throw CancellationError() }
      return GatewayResponse(
        url: reply.url, isRedirected: reply.redirected, status: Int(reply.status),
        headers: reply.headers.map { ($0.name, $0.value) }, data: reply.body)
    } catch {
      throw translated(error)
    }
  }

  /// Sends the request, and reads the body of a successful answer as JSON.
  ///
  /// - Throws: as ``response()``, and as ``GatewayResponse/decoded(_:by:)``.
  public func decoded<T: Decodable>(_ type: T.Type = T.self, by decoder: JSONDecoder = JSONDecoder()) async throws -> T {
    try await response().decoded(type, by: decoder)
  }

  /// Shows the method only: the rest is the app's data, and can hold anything.
  public var customMirror: Mirror { Mirror(self, children: ["method": method]) }
}

/// The whole answer of a gateway, whatever its status.
public struct GatewayResponse: Sendable, CustomReflectable {
  /// The URL that answered: the one that was called, or what its redirects led to.
  public let url: String
  /// Whether a redirect was followed.
  public let isRedirected: Bool
  /// The HTTP status.
  public let status: Int
  /// The headers, in order.
  public let headers: [(name: String, value: String)]
  /// The body.
  public let data: Data

  init(url: String, isRedirected: Bool, status: Int, headers: [(String, String)], data: Data) {
    self.url = url
    self.isRedirected = isRedirected
    self.status = status
    self.headers = headers.map { (name: $0.0, value: $0.1) }
    self.data = data
  }

  /// The body as text; bytes that are not UTF-8 become replacement characters.
  public var text: String { String(decoding: data, as: UTF8.self) }

  /// The first header of that name, without case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
  }

  /// Whether the status is 2xx.
  public var isSuccess: Bool { (200..<300).contains(status) }

  /// The response itself, if its status is 2xx.
  ///
  /// - Throws: ``SessionError`` with the code `unexpectedStatus`, the status, and the problem that the gateway describes.
  @discardableResult
  public func requireSuccess() throws -> GatewayResponse {
    guard !isSuccess else { return self }
    let kind = (header("Content-Type") ?? "").split(separator: ";").first.map { $0.trimmingCharacters(in: .whitespaces) }
    let described = kind?.lowercased() == "application/problem+json"
    throw SessionError(
      .unexpectedStatus, "the gateway answered with the status \(status)", isRetryable: [429, 502, 503, 504].contains(status),
      mayHaveArrived: true, problem: described ? Problem(json: json) : nil, status: status)
  }

  /// The body without a byte order mark.
  private var json: Data { data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data }

  /// The body of a successful answer, read as JSON.
  ///
  /// - Throws: ``SessionError`` with the code `unexpectedStatus` if the status is not 2xx, and `invalidResponse` if the body is not JSON
  ///   of this shape.
  public func decoded<T: Decodable>(_ type: T.Type = T.self, by decoder: JSONDecoder = JSONDecoder()) throws -> T {
    try requireSuccess()
    do {
      return try decoder.decode(type, from: json)
    } catch {
      throw SessionError(.invalidResponse, "the answer is not of the expected form")
    }
  }

  /// Shows the status and the size: the rest is the app's data, and can hold anything.
  public var customMirror: Mirror { Mirror(self, children: ["status": status, "bytes": data.count]) }
}

/// The headers that authorize one request which the app sends by itself. They are for the URL that was asked about only.
public struct Authorization: Sendable, CustomReflectable {
  let ffi: CoreAuthorization

  /// The headers with the credential, to be put on the request as they are; for `Cookie`, in place of one that is there.
  public var headers: [(name: String, value: String)] { ffi.headers().map { (name: $0.name, value: $0.value) } }

  /// The id of the user whom the credential names.
  var userId: String { ffi.userId() }

  /// Shows nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
