import Foundation

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

  /// Whether the status is one of success (2xx).
  public var isSuccess: Bool { (200..<300).contains(status) }

  /// The body as text; bytes that are not UTF-8 become replacement characters.
  public var text: String { String(decoding: data, as: UTF8.self) }

  /// The first header of that name, without case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
  }

  /// This answer, if its status is one of success (2xx).
  ///
  /// - Throws: ``SessionError`` with the code `unexpectedStatus` otherwise, with the status and the gateway's problem document in it.
  @discardableResult
  public func requireSuccess() throws -> GatewayResponse {
    guard isSuccess else { throw unexpectedStatus }
    return self
  }

  /// The body of a successful answer, read as JSON. A byte order mark is skipped.
  ///
  /// - Throws: ``SessionError`` with the code `unexpectedStatus` if the status is not 2xx, as ``requireSuccess()``, and with
  ///   `invalidResponse` if the body is not JSON of this shape.
  public func decoded<T: Decodable>(_ type: T.Type = T.self, by decoder: JSONDecoder = JSONDecoder()) throws -> T {
    try requireSuccess()
    do {
      return try decoder.decode(type, from: dataWithoutMark)
    } catch {
      throw SessionError(.invalidResponse, "the answer is not of the expected form", mayHaveArrived: true)
    }
  }

  /// Shows the status and the size: the rest is the app's data, and can hold anything.
  public var customMirror: Mirror { Mirror(self, children: ["status": status, "bytes": data.count]) }

  /// Without a byte order mark, which is no part of JSON.
  var dataWithoutMark: Data { data.starts(with: [0xEF, 0xBB, 0xBF]) ? Data(data.dropFirst(3)) : data }

  private static let longestWait: TimeInterval = 30 * 24 * 60 * 60

  private var unexpectedStatus: SessionError {
    let wait = header("Retry-After").flatMap(UInt32.init).map(TimeInterval.init)
    // What passes by itself: too many requests, and a gateway or a service that does not work.
    let passes = [429, 502, 503, 504].contains(status)
    return SessionError(
      .unexpectedStatus, "the gateway answered with the status \(status)", isRetryable: passes,
      retryAfter: wait.flatMap { $0 <= Self.longestWait ? $0 : nil }, mayHaveArrived: true, status: status,
      problem: Problem(self))
  }
}
