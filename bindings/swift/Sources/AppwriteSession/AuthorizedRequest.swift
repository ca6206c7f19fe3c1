import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

extension SessionClient {
  /// Puts the credential on a request to a gateway, under the same origin rule as for the client's own calls. No request is made.
  ///
  /// A `URLSession` of the app's own takes the headers along when it follows a redirect, and keeps the answer in its cache, which does
  /// not tell users apart: give it a configuration whose `urlCache` is nil. ``AuthorizedURLSession`` does neither.
  ///
  /// - Throws: ``SessionError`` with the code `originNotAllowed` for any other URL; otherwise as when a `String` is authorized.
  public func authorize(_ request: inout URLRequest) async throws {
    _ = try await authorized(&request)
  }

  func authorized(_ request: inout URLRequest) async throws -> Authorization {
    let authorization = try await authorize(request.url?.absoluteString ?? "")
    request.removeCredential()
    // Else the cookie storage would replace the header.
    request.httpShouldHandleCookies = false
    // A cached answer could be another user's.
    request.cachePolicy = .reloadIgnoringLocalCacheData
    for (name, value) in authorization.headers {
      let own = name == "cookie" ? request.value(forHTTPHeaderField: "Cookie") : nil
      request.setValue([value, own].compactMap { $0 }.joined(separator: "; "), forHTTPHeaderField: name)
    }
    return authorization
  }
}

extension URLRequest {
  /// Takes off what could be read as a session.
  mutating func removeCredential() {
    for name in ["X-Appwrite-Session", "X-Fallback-Cookies", "X-Appwrite-JWT"] {
      setValue(nil, forHTTPHeaderField: name)
    }
    let cookies = (value(forHTTPHeaderField: "Cookie") ?? "").split(separator: ";")
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty && !$0.lowercased().hasPrefix("a_session_") }
    setValue(cookies.isEmpty ? nil : cookies.joined(separator: "; "), forHTTPHeaderField: "Cookie")
  }

  /// Removes all headers but those of these names.
  mutating func keepHeaders(_ names: Set<String>) {
    for name in (allHTTPHeaderFields ?? [:]).keys where !names.contains(name.lowercased()) {
      setValue(nil, forHTTPHeaderField: name)
    }
  }
}
