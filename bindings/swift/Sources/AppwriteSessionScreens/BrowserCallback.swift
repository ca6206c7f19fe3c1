import Foundation

/// What the browser of a sign-in waits for.
enum BrowserCallback: Sendable, Equatable {
  /// A URL with a scheme of the app's own.
  case scheme(String)
  /// A universal link.
  case https(host: String, path: String)

  /// What the sign-in at `url` returns to, whose scheme is `scheme`. A universal link has to be known in full; it is in the URL that the
  /// core made. Nil if it is not there, or if no browser can wait for it.
  init?(_ url: URL, scheme: String) {
    switch scheme {
    case "https":
      let query = URLComponents(url: url, resolvingAgainstBaseURL: false)?.queryItems ?? []
      let callback = query.first { $0.name == "success" }?.value.flatMap(URLComponents.init(string:))
      guard let callback, callback.scheme == "https", let host = callback.host, !host.isEmpty else { return nil }
      self = .https(host: host, path: callback.path.isEmpty ? "/" : callback.path)
    case "", "http": return nil
    default: self = .scheme(scheme)
    }
  }
}
