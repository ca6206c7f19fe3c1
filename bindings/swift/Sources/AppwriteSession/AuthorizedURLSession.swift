import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

extension SessionClient {
  /// Puts the credential on a request to a gateway, under the same origin rule as for the client's own calls. No request is made.
  ///
  /// A `URLSession` of the app's own takes the headers along when it follows a redirect; ``AuthorizedURLSession`` does not.
  ///
  /// - Throws: ``SessionError`` with the code `originNotAllowed` for any other URL; otherwise as when a `String` is authorized.
  public func authorize(_ request: inout URLRequest) async throws {
    _ = try await authorized(&request)
  }

  fileprivate func authorized(_ request: inout URLRequest) async throws -> Authorization {
    let authorization = try await authorize(request.url?.absoluteString ?? "")
    request.removeCredential()
    // Else the cookie storage would replace the header.
    request.httpShouldHandleCookies = false
    // An answer for this user must not come from a cache that another user's calls have filled, nor fill one.
    request.cachePolicy = .reloadIgnoringLocalCacheData
    for (name, value) in authorization.headers {
      let own = name == "cookie" ? request.value(forHTTPHeaderField: "Cookie") : nil
      request.setValue([value, own].compactMap { $0 }.joined(separator: "; "), forHTTPHeaderField: name)
    }
    return authorization
  }

  fileprivate func isGateway(_ url: URL?) -> Bool {
    url.map { core.isGateway(target: $0.absoluteString) } ?? false
  }
}

/// A `URLSession` that authorizes requests to the session's gateways, and no others: anew after each redirect.
///
/// It keeps no cookies and no cache of its own. Requests to other origins go on as they are, also when the client is closed. Closing the
/// client does not end it.
public final class AuthorizedURLSession: Sendable {
  private let client: SessionClient
  private let urlSession: URLSession

  /// A session over a copy of `configuration`, without its cookie storage and its cache.
  public init(_ client: SessionClient, configuration: URLSessionConfiguration = .default) {
    let configuration = configuration.copy() as? URLSessionConfiguration ?? .ephemeral
    configuration.httpCookieStorage = nil
    configuration.httpShouldSetCookies = false
    configuration.urlCache = nil
    self.client = client
    urlSession = URLSession(configuration: configuration, delegate: Redirects(client), delegateQueue: nil)
  }

  deinit {
    urlSession.finishTasksAndInvalidate()
  }

  /// Sends a request. To a gateway it goes with the credential, or not at all; to any other URL as it is. Cancelling the task aborts the
  /// request.
  ///
  /// A gateway's 401 is reported for arbitration. If the same user has another credential by now, an idempotent request is sent once
  /// more, unless a redirect led to the 401. Otherwise the 401 is the answer, whatever the report brought.
  ///
  /// - Throws: ``SessionError`` if a gateway is called and the session does not allow it; and what `URLSession` throws.
  public func data(for request: URLRequest) async throws -> (Data, HTTPURLResponse) {
    try await send(request) { session, request, done in session.dataTask(with: request, completionHandler: done) }
  }

  /// Gets a URL; see ``data(for:)``.
  public func data(from url: URL) async throws -> (Data, HTTPURLResponse) {
    try await data(for: URLRequest(url: url))
  }

  /// Sends a request with this body; see ``data(for:)``.
  public func upload(for request: URLRequest, from body: Data) async throws -> (Data, HTTPURLResponse) {
    try await send(request) { session, request, done in
      session.uploadTask(with: request, from: body, completionHandler: done)
    }
  }

  private typealias Done = @Sendable (Data?, URLResponse?, (any Error)?) -> Void
  private typealias Start = (URLSession, URLRequest, @escaping Done) -> URLSessionTask

  private func send(_ request: URLRequest, _ start: Start) async throws -> (Data, HTTPURLResponse) {
    var request = request
    guard client.isGateway(request.url) else {
      request.removeCredential()
      return try await exchange(request, user: nil, start)
    }
    let authorization = try await client.authorized(&request)
    let answer = try await exchange(request, user: authorization.userId, start)
    guard answer.1.statusCode == 401, answer.1.url == request.url else { return answer }
    // The gateway has answered: a report that fails does not hide that.
    let verdict = try? await client.reportUnauthorized(authorization)
    guard verdict == .tryAgain, request.isIdempotent,
      let renewed = try? await client.authorized(&request), renewed.userId == authorization.userId
    else { return answer }
    return try await exchange(request, user: renewed.userId, start)
  }

  /// Sends the request, which carries the credential of `user`, and waits for its answer.
  private func exchange(_ request: URLRequest, user: String?, _ start: Start) async throws -> (Data, HTTPURLResponse) {
    let (answers, continuation) = AsyncThrowingStream<(Data, URLResponse), any Error>.makeStream()
    let task = start(urlSession, request) { data, response, error in
      if let response { continuation.yield((data ?? Data(), response)) }
      continuation.finish(throwing: response == nil ? error ?? URLError(.unknown) : nil)
    }
    // Whose it is, for the redirects.
    task.taskDescription = user
    task.resume()
    return try await withTaskCancellationHandler {
      for try await (data, response) in answers {
        guard let response = response as? HTTPURLResponse else { break }
        return (data, response)
      }
      try Task.checkCancellation()
      throw SessionError(.invalidResponse, "the answer is not of the expected form")
    } onCancel: {
      task.cancel()
    }
  }
}

/// Decides anew at each redirect whether the credential goes along.
private final class Redirects: NSObject, URLSessionTaskDelegate, Sendable {
  /// The mark of a task that has left the gateways: it carries no credential again.
  private static let left = "\u{0}"
  private let client: SessionClient

  init(_ client: SessionClient) {
    self.client = client
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    let (client, user) = (client, task.taskDescription)
    var request = newRequest
    guard newRequest.url?.user == nil, newRequest.url?.password == nil else { return completionHandler(nil) }
    if user == Self.left || !client.isGateway(newRequest.url) {
      if user != nil {
        // From a gateway to somebody else: nothing of the app's goes along, and nothing but a question.
        task.taskDescription = Self.left
        guard ["GET", "HEAD"].contains(newRequest.httpMethod ?? "GET") else { return completionHandler(nil) }
        request.keepHeaders(["Accept", "Accept-Language", "Range", "User-Agent"])
      }
      request.removeCredential()
      return completionHandler(request)
    }
    let authorized = request
    Task {
      var request = authorized
      // The session does not allow it, or another user is signed in by now: then the redirect is the answer.
      guard let authorization = try? await client.authorized(&request), user == nil || authorization.userId == user else {
        return completionHandler(nil)
      }
      completionHandler(request)
    }
  }
}

extension URLRequest {
  /// Whether the method is idempotent by its definition (RFC 9110 §9.2.2), and the body can be sent again.
  fileprivate var isIdempotent: Bool {
    ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].contains((httpMethod ?? "GET").uppercased()) && httpBodyStream == nil
  }

  /// Takes off what could be read as a session, of this request or of the one that was redirected.
  fileprivate mutating func removeCredential() {
    for name in ["X-Appwrite-Session", "X-Fallback-Cookies", "X-Appwrite-JWT"] {
      setValue(nil, forHTTPHeaderField: name)
    }
    let cookies = (value(forHTTPHeaderField: "Cookie") ?? "").split(separator: ";")
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty && !$0.lowercased().hasPrefix("a_session_") }
    setValue(cookies.isEmpty ? nil : cookies.joined(separator: "; "), forHTTPHeaderField: "Cookie")
  }

  fileprivate mutating func keepHeaders(_ kept: [String]) {
    for name in (allHTTPHeaderFields ?? [:]).keys
    where !kept.contains(where: { $0.caseInsensitiveCompare(name) == .orderedSame }) {
      setValue(nil, forHTTPHeaderField: name)
    }
  }
}
