import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif
#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A request of the chain that redirects make.
struct Hop {
  var request: URLRequest
  /// Whether the body that the caller gave beside the request is sent with it.
  var uploads: Bool
}

/// One call of an ``AuthorizedURLSession``: all its hops, and the repetition of the last one.
struct AuthorizedCall {
  private let client: SessionClient
  /// Without its credential.
  private var hop: Hop
  private var hops = 0
  /// Whose call it is, once that is known.
  private var user: String?
  /// What the present hop carries.
  private var authorization: Authorization?
  /// Whether a gateway has redirected to somewhere else: then nobody knows who chooses what the call asks for.
  private var hasLeft = false
  private var isRepetition = false

  init(_ client: SessionClient, _ first: Hop) {
    self.client = client
    hop = first
    if case .signedIn(let user, _) = client.state { self.user = user?.id }
  }

  /// The present hop with the credential of this moment, if it goes to a gateway.
  mutating func outgoing() async throws -> Hop {
    var outgoing = hop
    authorization = nil
    guard !hasLeft, let url = hop.request.url, client.isGateway(url) else {
      outgoing.request.removeCredential()
      return outgoing
    }
    let authorization = try await client.authorized(&outgoing.request)
    let user = self.user ?? authorization.userId
    guard user == authorization.userId else {
      throw SessionError(.superseded, "another user has signed in since this call was made", mayHaveArrived: hops > 0)
    }
    (self.user, self.authorization) = (user, authorization)
    return outgoing
  }

  /// Whether the present hop, which was answered with `response`, is to be sent once more. Reports a refusal of the credential.
  mutating func takesAnother(_ response: HTTPURLResponse) async throws -> Bool {
    guard response.statusCode == 401, let authorization else { return false }
    let verdict: Verdict
    do {
      verdict = try await client.reportUnauthorized(authorization)
    } catch let cancelled as CancellationError {
      throw cancelled
    } catch {
      // The gateway has answered, and that answer is what there is.
      verdict = .undecided
    }
    let (request, problem) = (hop.request, response.value(forHTTPHeaderField: "X-Problem-Type"))
    guard !isRepetition, request.httpBodyStream == nil,
      verdict.allowsRepetition(method: request.httpMethod ?? "GET", problemType: problem)
    else { return false }
    isRepetition = true
    return true
  }

  /// Goes on with `next`, which is what Foundation makes of a redirect.
  mutating func follow(_ next: URLRequest) throws {
    hops += 1
    guard hops <= Self.mostHops else { throw URLError(.httpTooManyRedirects) }
    let keepsMethod = next.httpMethod == hop.request.httpMethod
    // A stream cannot be sent a second time.
    if keepsMethod, hop.request.httpBodyStream != nil { throw invalidRedirect }
    guard authorization != nil, let from = hop.request.url, let to = next.url else {
      // Between origins that are none of the session's business, Foundation's own rules hold.
      let body = keepsMethod ? hop.request.httpBody : nil
      hop = Hop(request: next, uploads: keepsMethod && hop.uploads)
      hop.request.httpBody = next.httpBody ?? body
      return
    }
    hop.request.url = to
    if !keepsMethod {
      hop.request.httpMethod = next.httpMethod
      hop.request.httpBody = nil
      hop.request.httpBodyStream = nil
      hop.uploads = false
      for name in Self.ofBody { hop.request.setValue(nil, forHTTPHeaderField: name) }
    }
    let hasBody = hop.uploads || !(hop.request.httpBody ?? Data()).isEmpty
    let target = try client.checkRedirect(from: from, to: to, method: hop.request.httpMethod ?? "GET", hasBody: hasBody)
    if let kept = keptHeaders(target: target) { hop.request.keepHeaders(Set(kept)) }
    hasLeft = target == .elsewhere
  }

  private var invalidRedirect: SessionError {
    SessionError(.invalidRedirect, "the gateway's redirect cannot be followed", mayHaveArrived: true)
  }

  private static let mostHops = 20

  /// Headers that describe a body: those that go to another gateway, and not elsewhere.
  private static let ofBody = Set(keptHeaders(target: .otherGateway) ?? []).subtracting(keptHeaders(target: .elsewhere) ?? [])
}
