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
    for (name, value) in authorization.headers {
      let own = name == "cookie" ? request.value(forHTTPHeaderField: "Cookie") : nil
      request.setValue([value, own].compactMap { $0 }.joined(separator: "; "), forHTTPHeaderField: name)
    }
    return authorization
  }
}

/// A `URLSession` that authorizes requests to the session's gateways, and no others: anew after each redirect.
///
/// It keeps no cookies of its own. Closing the client does not end it.
public final class AuthorizedURLSession: Sendable {
  private let client: SessionClient
  private let urlSession: URLSession

  /// A session over `configuration`, whose cookie storage is not used.
  public init(_ client: SessionClient, configuration: URLSessionConfiguration = .default) {
    configuration.httpCookieStorage = nil
    configuration.httpShouldSetCookies = false
    self.client = client
    urlSession = URLSession(configuration: configuration, delegate: Redirects(client), delegateQueue: nil)
  }

  deinit {
    urlSession.finishTasksAndInvalidate()
  }

  /// Sends a request. To a gateway it goes with the credential, or not at all; to any other URL as it is. A gateway's 401 is reported
  /// for arbitration, and returned. Cancelling the task aborts the request.
  ///
  /// - Throws: ``SessionError`` if a gateway is called and the session does not allow it; and what `URLSession` throws.
  public func data(for request: URLRequest) async throws -> (Data, HTTPURLResponse) {
    var request = request
    let authorization = try await client.authorizedIfGateway(&request)
    let (data, response) = try await urlSession.data(for: request)
    guard let response = response as? HTTPURLResponse else {
      throw SessionError(.invalidResponse, "the answer is not of the expected form")
    }
    if response.statusCode == 401, let authorization {
      try await client.reportUnauthorized(authorization)
    }
    return (data, response)
  }
}

extension SessionClient {
  /// Authorizes a request to a gateway, and takes what could be read as a credential from any other.
  fileprivate func authorizedIfGateway(_ request: inout URLRequest) async throws -> Authorization? {
    do {
      return try await authorized(&request)
    } catch let error as SessionError where error.code == .originNotAllowed || error.code == .config {
      // Of another origin, or one that could not be a gateway's, such as plain HTTP.
      request.removeCredential()
      return nil
    }
  }
}

/// Decides anew at each redirect whether the credential goes along.
private final class Redirects: NSObject, URLSessionTaskDelegate, Sendable {
  private let client: SessionClient

  init(_ client: SessionClient) {
    self.client = client
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    let client = client
    Task {
      var request = newRequest
      do {
        _ = try await client.authorizedIfGateway(&request)
        completionHandler(request)
      } catch {
        // The session does not allow it, so the redirect is the answer.
        completionHandler(nil)
      }
    }
  }
}

extension URLRequest {
  /// Takes off what could be read as a session, of this request or of the one that was redirected.
  fileprivate mutating func removeCredential() {
    for name in ["X-Appwrite-Session", "X-Fallback-Cookies", "X-Appwrite-JWT"] {
      setValue(nil, forHTTPHeaderField: name)
    }
    let cookies = (value(forHTTPHeaderField: "Cookie") ?? "").split(separator: ";")
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty && !$0.hasPrefix("a_session_") }
    setValue(cookies.isEmpty ? nil : cookies.joined(separator: "; "), forHTTPHeaderField: "Cookie")
  }
}
