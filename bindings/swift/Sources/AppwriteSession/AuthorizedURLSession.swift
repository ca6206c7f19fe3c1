import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A `URLSession` that authorizes requests to the session's gateways, and no others: anew after each redirect.
///
/// - Requests to other origins pass as they are, always; also after the client was closed.
/// - A request to a gateway goes with the credential, or not at all: while nobody is signed in it throws ``SessionError``.
/// - A call belongs to the user who is signed in when it starts. If another user is signed in when it, or a later hop or repetition of
///   it, is to be sent, it throws ``SessionError`` with the code `superseded`.
/// - A gateway's 401 is reported for arbitration, which can end the session, see ``SessionClient/state``. The answer is returned; if the
///   same user has another credential by now, the refused request is sent once more first. What went before it, such as a POST that was
///   redirected, is not. A request with a method that is not idempotent is sent once more only if the gateway says that its service did
///   not see it (`X-Problem-Type: session_invalid` and the like); one whose body is a stream, never.
/// - A gateway's redirect to another origin takes along only the headers that say nothing about the user. To one that is no gateway only
///   `GET` and `HEAD` are followed, and from there on the call carries no credential, also if it leads back.
/// - Carriers that the app set itself do not reach a gateway. Other cookies do.
/// - It keeps neither cookies nor a cache: a cache does not tell users apart.
public final class AuthorizedURLSession: Sendable {
  private let client: SessionClient
  private let urlSession: URLSession

  /// A session over a copy of `configuration`, whose cookie storage and cache are not used. Closing the client does not end it.
  public init(_ client: SessionClient, configuration: URLSessionConfiguration = .default) {
    // The caller's own is a reference, and may be used for other sessions.
    let own = configuration.copy() as? URLSessionConfiguration ?? .ephemeral
    own.httpCookieStorage = nil
    own.httpShouldSetCookies = false
    own.urlCache = nil
    own.requestCachePolicy = .reloadIgnoringLocalCacheData
    self.client = client
    urlSession = URLSession(configuration: own)
  }

  deinit {
    urlSession.finishTasksAndInvalidate()
  }

  /// Sends a request, and reads the whole answer. Cancelling the task aborts the request, and throws `CancellationError`.
  ///
  /// - Throws: ``SessionError`` if a gateway is called and the session does not allow it, and with the code `invalidRedirect` if a
  ///   gateway redirects in a way that is not followed; and what `URLSession` throws.
  public func data(for request: URLRequest) async throws -> (Data, HTTPURLResponse) {
    try await send(Hop(request: request, uploads: false)) { [urlSession] hop, redirect in
      try await answer(redirect) { urlSession.dataTask(with: hop.request, completionHandler: $0) }
    }
  }

  /// Gets a URL. Otherwise as ``data(for:)``.
  public func data(from url: URL) async throws -> (Data, HTTPURLResponse) { try await data(for: URLRequest(url: url)) }

  /// Sends a request with `body`. Otherwise as ``data(for:)``.
  public func upload(for request: URLRequest, from body: Data) async throws -> (Data, HTTPURLResponse) {
    try await upload(request) { $0.uploadTask(with: $1, from: body, completionHandler: $2) }
  }

  /// Sends a request with the content of a file as its body. Otherwise as ``data(for:)``.
  public func upload(for request: URLRequest, fromFile file: URL) async throws -> (Data, HTTPURLResponse) {
    try await upload(request) { $0.uploadTask(with: $1, fromFile: file, completionHandler: $2) }
  }

  private func upload(
    _ request: URLRequest, _ task: (URLSession, URLRequest, @escaping Completion<Data>) -> URLSessionUploadTask
  ) async throws -> (Data, HTTPURLResponse) {
    try await send(Hop(request: request, uploads: true)) { [urlSession] hop, redirect in
      try await answer(redirect) {
        hop.uploads
          ? task(urlSession, hop.request, $0) : urlSession.dataTask(with: hop.request, completionHandler: $0)
      }
    }
  }

  /// Sends a request, and writes the answer's body to a file, which the caller moves or removes. Otherwise as ``data(for:)``.
  public func download(for request: URLRequest) async throws -> (URL, HTTPURLResponse) {
    let remove = { @Sendable (file: URL) in _ = try? FileManager.default.removeItem(at: file) }
    return try await send(Hop(request: request, uploads: false), discard: remove) { [urlSession] hop, redirect in
      try await answer(redirect, discard: remove) { done in
        urlSession.downloadTask(with: hop.request) { file, response, error in
          do {
            done(try file.map(kept), response, error)
          } catch {
            done(nil, response, error)
          }
        }
      }
    }
  }

  #if !canImport(FoundationNetworking)
    /// Sends a request, and returns the answer's body as it arrives. Otherwise as ``data(for:)``. On Apple's systems only: Foundation on Linux
    /// has no such method.
    public func bytes(for request: URLRequest) async throws -> (URLSession.AsyncBytes, HTTPURLResponse) {
      let cancel = { (body: URLSession.AsyncBytes) in body.task.cancel() }
      return try await send(Hop(request: request, uploads: false), discard: cancel) { [urlSession] hop, redirect in
        try await urlSession.bytes(for: hop.request, delegate: redirect)
      }
    }
  #endif

  /// Sends the hops of a call one after the other. `discard` gets the bodies that the caller does not see.
  private func send<Body>(
    _ first: Hop, discard: (Body) -> Void = { _ in }, _ send: (Hop, Redirect) async throws -> (Body, URLResponse)
  ) async throws -> (Body, HTTPURLResponse) {
    var call = AuthorizedCall(client, first)
    while true {
      let hop = try await call.outgoing()
      let redirect = Redirect()
      let (body, response) = try await send(hop, redirect)
      do {
        guard let response = response as? HTTPURLResponse else {
          throw SessionError(.invalidResponse, "the answer is not of the expected form", mayHaveArrived: true)
        }
        if let next = redirect.next {
          try call.follow(next)
        } else if try await !call.takesAnother(response) {
          return (body, response)
        }
      } catch {
        discard(body)
        throw error
      }
      discard(body)
    }
  }
}

private typealias Completion<Body> = @Sendable (Body?, URLResponse?, (any Error)?) -> Void

/// A file of `URLSession`'s that goes when it is told, in a place where it stays.
@Sendable private func kept(_ file: URL) throws -> URL {
  let own = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.moveItem(at: file, to: own)
  return own
}

/// Runs a task of a `URLSession` to its end. Cancelling the waiting task cancels it.
///
/// Not `URLSession`'s own asynchronous functions: on Linux they pass no redirect to the delegate that is given to them.
private func answer<Body: Sendable>(
  _ redirect: Redirect, discard: @escaping @Sendable (Body) -> Void = { _ in },
  _ task: (@escaping Completion<Body>) -> URLSessionTask
) async throws -> (Body, URLResponse) {
  let (results, continuation) = AsyncThrowingStream<(Body, URLResponse), any Error>.makeStream()
  let task = task { body, response, error in
    guard let body, let response else { return continuation.finish(throwing: error ?? URLError(.unknown)) }
    if case .terminated = continuation.yield((body, response)) { discard(body) }
    continuation.finish()
  }
  task.delegate = redirect
  continuation.onTermination = { if case .cancelled = $0 { task.cancel() } }
  task.resume()
  do {
    for try await result in results { return result }
  } catch {
    // The cancelled task of the `URLSession` may tell its own error before the stream has ended.
    throw Task.isCancelled ? CancellationError() : error
  }
  throw CancellationError()
}

/// Follows no redirect, and remembers what Foundation would have followed it with.
private final class Redirect: NSObject, URLSessionTaskDelegate, @unchecked Sendable {
  // Guarded by `lock`, which is why the class may say that it is Sendable.
  private var request: URLRequest?
  private let lock = NSLock()

  /// The request that the answer redirects to, if it is a redirect.
  var next: URLRequest? { lock.withLock { request } }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    lock.withLock { request = newRequest }
    completionHandler(nil)
  }
}
