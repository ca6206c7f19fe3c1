// The rules of AuthorizedURLSession: whose a call is, what is sent again, and what crosses to another origin.

import AppwriteSession
import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct AuthorizedURLSessionTests {
    let mock: Mock

    init() throws { mock = try Mock() }

    /// The status of a call of the mock's gateway, or the code of the error.
    private func outcome(_ session: SessionClient, _ request: URLRequest) async -> String {
      do {
        return "\(try await AuthorizedURLSession(session).data(for: request).1.statusCode)"
      } catch {
        return (error as? SessionError)?.code.rawValue ?? "\(error)"
      }
    }

    @Test func afterTheClientWasClosedOtherOriginsAreStillReached() async throws {
      let session = try await mock.client()
      let urlSession = AuthorizedURLSession(session)
      await session.close()
      let url = try #require(URL(string: "\(mock.foreign)/gateway/open"))
      #expect(try await urlSession.data(from: url).1.statusCode == 200)
      #expect(await outcome(session, try request("\(mock.gateway)/gateway/open")) == "closed")
    }

    @Test func aReportThatFailsDoesNotHideTheAnswer() async throws {
      let holder = Holder()
      let gateway = try RawGateway { _ in
        await holder.session?.close()
        return RawAnswer("401 Unauthorized", body: "why")
      }
      let session = try await mock.client(gateway.url)
      holder.session = session
      let (data, response) = try await AuthorizedURLSession(session).data(for: try request("\(gateway.url)/x"))
      #expect(response.statusCode == 401 && String(decoding: data, as: UTF8.self) == "why")
      gateway.close()
    }

    @Test func aRefusedRequestIsSentAgainForTheSameUserIfItIsIdempotent() async throws {
      let session = try await mock.client()
      for (method, times) in [("GET", 2), ("PUT", 2), ("POST", 1)] {
        try await mock.control("DELETE", "/journal")
        let request = try request("\(mock.gateway)/gateway/deny", method)
        let outcome = try await mock.during("/gateway/deny") {
          await self.outcome(session, request)
        } _: {
          try await session.signInAda()
        }
        #expect(outcome == "401")
        let wire = try await mock.gatewayWire()
        #expect(wire == Array(repeating: "\(method) gateway /gateway/deny cookie 401", count: times))
      }
      await session.close()
    }

    @Test func aPostThatTheServiceDidNotSeeIsSentAgainWithTheNewCredential() async throws {
      let holder = Holder()
      let gateway = try RawGateway { _ in
        if holder.takeTurn() { try await holder.session?.signInAda() }
        return RawAnswer("401 Unauthorized", "X-Problem-Type: session_invalid")
      }
      let session = try await mock.client(gateway.url)
      holder.session = session
      var post = try request("\(gateway.url)/x", "POST")
      post.httpBody = Data("body".utf8)
      #expect(await outcome(session, post) == "401")
      #expect(gateway.received.map(\.body) == [Data("body".utf8), Data("body".utf8)])
      #expect(Set(gateway.received.map(\.cookie)).count == 2)
      await session.close()
      gateway.close()
    }

    @Test func afterARedirectOnlyTheRefusedHopIsSentAgain() async throws {
      let session = try await mock.client()
      let target = "\(mock.gateway)/gateway/redirect?status=303&to=\(mock.gateway)/gateway/deny"
      let post = try request(target, "POST")
      let outcome = try await mock.during("/gateway/deny") {
        await self.outcome(session, post)
      } _: {
        try await session.signInAda()
      }
      #expect(outcome == "401")
      let refused = "GET gateway /gateway/deny cookie 401"
      #expect(try await mock.gatewayWire() == ["POST gateway /gateway/redirect cookie 303", refused, refused])
      await session.close()
    }

    @Test func nothingIsSentAsAnotherUser() async throws {
      let session = try await mock.client()
      let denied = try request("\(mock.gateway)/gateway/deny")
      let refused = try await mock.during("/gateway/deny") {
        await self.outcome(session, denied)
      } _: {
        try await session.signInBob()
      }
      #expect(refused == "401")
      #expect(try await mock.gatewayWire() == ["GET gateway /gateway/deny cookie 401"])
      try await mock.control("DELETE", "/journal")
      let redirected = try request("\(mock.gateway)/gateway/redirect?to=\(mock.gateway)/gateway/whoami")
      let overtaken = try await mock.during("/gateway/redirect") {
        await self.outcome(session, redirected)
      } _: {
        try await session.signInAda()
      }
      #expect(overtaken == "superseded")
      #expect(try await mock.gatewayWire() == ["GET gateway /gateway/redirect cookie 302"])
      await session.close()
    }

    @Test func theCallersConfigurationStaysAsItWas() async throws {
      let session = try await mock.client()
      let configuration = URLSessionConfiguration.default
      let (storage, cache) = (configuration.httpCookieStorage, configuration.urlCache)
      let urlSession = AuthorizedURLSession(session, configuration: configuration)
      _ = try await urlSession.data(for: try request("\(mock.gateway)/gateway/open"))
      #expect(configuration.httpCookieStorage === storage && storage != nil)
      #expect(configuration.urlCache === cache && cache != nil)
      #expect(configuration.httpShouldSetCookies)
      await session.close()
    }

    @Test func aCacheGivesOneUsersAnswerToNobody() async throws {
      let gateway = try RawGateway { _ in RawAnswer("200 OK", "Cache-Control: max-age=600", "Date: \(now())", body: "answer") }
      let session = try await mock.client(gateway.url)
      let configuration = URLSessionConfiguration.default
      let cache = URLCache(memoryCapacity: 10 << 20, diskCapacity: 0, diskPath: nil)
      configuration.urlCache = cache
      let mine = try request("\(gateway.url)/mine")
      // What another user's call, or one without a session, has left in it. Foundation on Linux reads caches, but fills none.
      let fields = ["Cache-Control": "max-age=600", "Date": now(), "Content-Type": "text/plain"]
      let url = try #require(mine.url)
      let old = try #require(HTTPURLResponse(url: url, statusCode: 200, httpVersion: "HTTP/1.1", headerFields: fields))
      cache.storeCachedResponse(CachedURLResponse(response: old, data: Data("old".utf8)), for: mine)
      #expect(try await URLSession(configuration: configuration).data(for: mine).0 == Data("old".utf8))
      let urlSession = AuthorizedURLSession(session, configuration: configuration)
      #expect(try await urlSession.data(for: mine).0 == Data("answer".utf8))
      try await session.signInBob()
      #expect(try await urlSession.data(for: mine).0 == Data("answer".utf8))
      #expect(Set(gateway.received.map(\.cookie)).count == 2)
      // And hers is not in it for a request without a session.
      let hers = try request("\(gateway.url)/hers")
      _ = try await urlSession.data(for: hers)
      #expect(cache.cachedResponse(for: hers) == nil)
      // A request that goes out by a URLSession of the app's says that it wants none of it. Foundation on Linux does not heed that.
      var own = mine
      try await session.authorize(&own)
      #expect(own.cachePolicy == .reloadIgnoringLocalCacheData)
      await session.close()
      gateway.close()
    }

    @Test func bodiesAreUploadedAndAnswersDownloaded() async throws {
      let gateway = try RawGateway { request in
        request.path == "/moved" ? RawAnswer("307 Moved", "Location: /here") : RawAnswer("200 OK", body: "answer")
      }
      let session = try await mock.client(gateway.url)
      let urlSession = AuthorizedURLSession(session)
      let put = try request("\(gateway.url)/moved", "PUT")
      let body = Data("a body".utf8)
      #expect(try await urlSession.upload(for: put, from: body).1.statusCode == 200)
      let folder = FileManager.default.temporaryDirectory
      let file = folder.appendingPathComponent(UUID().uuidString)
      try body.write(to: file)
      #expect(try await urlSession.upload(for: put, fromFile: file).1.statusCode == 200)
      #expect(gateway.received.map(\.path) == ["/moved", "/here", "/moved", "/here"])
      #expect(gateway.received.allSatisfy { $0.body == body && $0.method == "PUT" && $0.cookie != nil })
      let (downloaded, response) = try await urlSession.download(for: try request("\(gateway.url)/here"))
      #expect(response.statusCode == 200)
      #expect(try String(contentsOf: downloaded, encoding: .utf8) == "answer")
      for each in [file, downloaded] { try FileManager.default.removeItem(at: each) }
      await session.close()
      gateway.close()
    }

    @Test func aGatewaysRedirectTakesNothingOfTheUsersToAnotherOrigin() async throws {
      let holder = Holder()
      let foreign = try RawGateway { request in
        request.path == "/back" ? RawAnswer("302 Found", "Location: \(holder.url)/secret") : RawAnswer("200 OK")
      }
      let gateway = try RawGateway { request in
        let path = request.path.hasPrefix("/to") ? String(request.path.dropFirst(3)) : nil
        return path.map { RawAnswer("307 Moved", "Location: \(foreign.url)\($0)") } ?? RawAnswer("200 OK")
      }
      holder.url = gateway.url
      let session = try await mock.client(gateway.url)
      var get = try request("\(gateway.url)/to/there")
      for name in ["X-Api-Key", "X-CSRF-Token", "Proxy-Authorization"] { get.setValue("canary", forHTTPHeaderField: name) }
      get.setValue("text/plain", forHTTPHeaderField: "Accept")
      #expect(await outcome(session, get) == "200")
      let there = try #require(foreign.received.first)
      #expect(!there.headers.contains { $0.value.contains("canary") } && there.cookie == nil)
      #expect(there.all("Accept") == ["text/plain"])
      // A chain that has left carries no credential again.
      #expect(await outcome(session, try request("\(gateway.url)/to/back")) == "200")
      #expect(gateway.received.last?.path == "/secret" && gateway.received.last?.cookie == nil)
      var post = try request("\(gateway.url)/to/there", "POST")
      post.httpBody = Data("canary".utf8)
      #expect(await outcome(session, post) == "invalid_redirect")
      #expect(foreign.received.count == 2)
      await session.close()
      gateway.close()
      foreign.close()
    }

    @Test(arguments: ["data", "upload", "uploadFile", "download"]) func aCancelledCallEndsAtOnce(name: String) async throws {
      let session = try await mock.client()
      let urlSession = AuthorizedURLSession(session)
      let put = try request("\(mock.gateway)/gateway/open", name.hasPrefix("upload") ? "PUT" : "GET")
      let folder = try Folder()
      let file = try folder.file("body", Data("body".utf8))
      let fault = try await mock.hold("/gateway/open")
      let task = Task {
        switch name {
        case "data": _ = try await urlSession.data(for: put)
        case "upload": _ = try await urlSession.upload(for: put, from: Data("body".utf8))
        case "uploadFile": _ = try await urlSession.upload(for: put, fromFile: file)
        default: _ = try await urlSession.download(for: put)
        }
      }
      try await mock.control("GET", "/faults/\(fault)?hits=1")
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(try await mock.wasLeft())
      try await mock.control("POST", "/faults/\(fault)/release")
      await session.close()
    }
  }
}

/// What a gateway's answer needs, and is known only after the gateway.
private final class Holder: @unchecked Sendable {
  private let lock = NSLock()
  private var held: SessionClient?
  private var address = ""
  private var turns = 0

  var session: SessionClient? {
    get { lock.withLock { held } }
    set { lock.withLock { held = newValue } }
  }

  var url: String {
    get { lock.withLock { address } }
    set { lock.withLock { address = newValue } }
  }

  /// Whether this is the first call.
  func takeTurn() -> Bool {
    lock.withLock {
      turns += 1
      return turns == 1
    }
  }
}

/// The date as HTTP writes it.
private func now() -> String {
  let format = DateFormatter()
  format.locale = Locale(identifier: "en_US_POSIX")
  format.timeZone = TimeZone(identifier: "GMT")
  format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
  return format.string(from: Date())
}
