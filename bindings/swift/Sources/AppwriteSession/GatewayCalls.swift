import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// A call of a gateway, to be sent with ``response()``. What is wrong with it is said there.
public struct GatewayRequest: Sendable, CustomReflectable {
  let client: CoreClient
  let method: String
  let target: String
  /// The app's own headers, in order; a name can be there several times. The credential's cannot be set.
  public var headers: [(name: String, value: String)] = []
  /// The body; empty for none.
  public var body = Data()
  /// The time for the whole call in seconds, in place of the client's: attempts, redirects, the answer's body and the arbitration of a
  /// 401.
  public var timeout: TimeInterval?
  /// Whether the request is idempotent although its method does not say so: sending it twice has the effect of sending it once, so
  /// that it may be retried.
  public var isIdempotent = false
  /// How many bytes the body of the answer may have, in place of the client's limit. It is held in memory.
  public var responseLimit: Int?

  init(client: CoreClient, method: String, target: String) {
    self.client = client
    self.method = method
    self.target = target
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

  /// Sends the request with the credential, and reads the whole answer. Every HTTP status is an answer, not an error.
  ///
  /// A 401 is arbitrated first: Appwrite is asked, once for all calls, whether the session lives. If it does, the gateway's 401 is
  /// returned as it is. Cancelling the task aborts the request and throws `CancellationError`; the session is not touched by that.
  ///
  /// - Throws: ``SessionError`` with the code `originNotAllowed`, `config`, `signedOut`, `mfaRequired` or `storageLocked` before
  ///   anything was sent; or with one of the network's, see ``SessionError/failureCause``.
  public func response() async throws -> GatewayResponse {
    try Callbacks.refuse(needsPresence: true)
    let options = GatewayRequestOptions(
      method: method, target: target, headers: headers.map { CoreHeader(name: $0.name, value: $0.value) }, body: body,
      timeoutMs: timeout.map(milliseconds), repeatable: isIdempotent,
      responseLimit: responseLimit.map { UInt64(clamping: max(0, $0)) })
    let call = try translating { try client.request(options: options) }
    let reply = try await withTaskCancellationHandler {
      try await waiting(for: { try await call.send() })
    } onCancel: {
      call.cancel()
    }
    guard let reply else { throw CancellationError() }
    return GatewayResponse(
      url: reply.url, isRedirected: reply.redirected, status: Int(reply.status),
      headers: reply.headers.map { ($0.name, $0.value) }, data: reply.body)
  }

  /// Sends the request, and reads the body of a successful answer as JSON.
  ///
  /// - Throws: as ``response()`` and ``GatewayResponse/decoded(_:by:)``.
  public func decoded<T: Decodable>(_ type: T.Type = T.self, by decoder: JSONDecoder = JSONDecoder()) async throws -> T {
    try await response().decoded(type, by: decoder)
  }

  /// Shows the method only: the rest is the app's data, and can hold anything.
  public var customMirror: Mirror { Mirror(self, children: ["method": method]) }
}

/// The headers that authorize one request which the app sends by itself. They are for the URL that was asked about only.
public struct Authorization: Sendable, CustomReflectable {
  let ffi: CoreAuthorization

  /// The headers with the credential, to be put on the request as they are; for `Cookie`, in place of one that is there.
  public var headers: [(name: String, value: String)] { ffi.headers().map { (name: $0.name, value: $0.value) } }

  /// The id of the user whom the credential names.
  public var userId: String { ffi.userId() }

  /// Shows nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
