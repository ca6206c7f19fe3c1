import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// A call of a gateway, to be sent with ``response()``. What is wrong with it is said there.
public struct GatewayRequest: Sendable, CustomReflectable {
  let client: CoreClient
  let method: String
  let target: String
  /// The app's own headers. The credential's cannot be set.
  public var headers: [String: String] = [:]
  /// The body; empty for none.
  public var body = Data()
  /// The time for the whole request in seconds, in place of the client's. A retry starts anew.
  public var timeout: TimeInterval?
  /// Whether sending it twice does no more than sending it once, so that it may be retried.
  public var isRepeatable = false

  init(client: CoreClient, method: String, target: String) {
    self.client = client
    self.method = method
    self.target = target
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
      method: method, target: target, headers: headers.map { CoreHeader(name: $0.key, value: $0.value) }, body: body,
      timeoutMs: timeout.map(milliseconds), repeatable: isRepeatable)
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

  /// Sends the request, and reads the answer's body as JSON. The status is not looked at.
  ///
  /// - Throws: as ``response()``, and ``SessionError`` with the code `invalidResponse` if the body is not of this shape.
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

  /// The body, read as JSON. The status is not looked at.
  ///
  /// - Throws: ``SessionError`` with the code `invalidResponse` if the body is not JSON of this shape.
  public func decoded<T: Decodable>(_ type: T.Type = T.self, by decoder: JSONDecoder = JSONDecoder()) throws -> T {
    do {
      return try decoder.decode(type, from: data)
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

  /// Shows nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
