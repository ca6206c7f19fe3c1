import AppwriteSession
import AppwriteSessionBindings
import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A client of the mock, with somebody signed in.
private func signedIn(_ mock: Mock, _ carrier: Carrier = .cookie) async throws -> SessionClient {
  try await mock.ada()
  let session = try SessionClient(
    endpoint: mock.endpoint, project: mock.project, gateways: [Gateway(mock.gateway, carrier: carrier)],
    store: MemoryStore())
  try await session.signIn(email: "ada@example.com", password: Mock.password)
  try await mock.control("DELETE", "/journal")
  return session
}

@Suite(.serialized) struct SessionTests {
  @Test func theNamesAreThoseOfTheCore() {
    #expect(errorCodes() == SessionError.Code.allCases.map(\.rawValue))
    #expect(signedOutReasons() == SignedOutReason.allCases.map(\.rawValue))
    #expect(factorNames() == Factor.allCases.map(\.rawValue))
    let states: [SessionState] = [
      .restoring, .storageLocked, .signedOut(.noSession), .mfaRequired([]), .signedIn(user: nil, verified: false),
    ]
    #expect(stateNames() == states.map(\.kind))
    #expect(verdictNames() == Verdict.allCases.map(\.rawValue))
    #expect(failureCauses() + ["other"] == FailureCause.allCases.map(\.rawValue))
    #expect(screenFaults() == ScreenFault.allCases.map(\.rawValue))
  }

  @Test func aVerdictSaysWhetherARequestMayBeSentOnceMore() {
    #expect(Verdict.tryAgain.allowsRepetition(method: "GET"))
    #expect(Verdict.tryAgain.allowsRepetition(method: "POST", problemType: "session_invalid"))
    #expect(!Verdict.tryAgain.allowsRepetition(method: "POST"))
    #expect(!Verdict.sessionLives.allowsRepetition(method: "GET", problemType: "session_invalid"))
  }

  @Test func aRedirectToAnotherOriginGoesThereWithoutTheCredential() async throws {
    for (carrier, name) in [(Carrier.cookie, "cookie"), (.fallbackCookies, "fallback")] {
      let mock = try Mock()
      let session = try await signedIn(mock, carrier)
      let target = "\(mock.gateway)/gateway/redirect?to=\(mock.foreign)/gateway/open"
      let (_, response) = try await AuthorizedURLSession(session).data(for: try request(target))
      #expect(response.statusCode == 200)
      #expect(
        try await mock.wire() == [
          "GET gateway /gateway/redirect \(name) 302", "GET foreign /gateway/open none 200",
        ])
      await session.close()
    }
  }

  @Test func aRedirectFromAnotherOriginGetsTheCredentialAtTheGatewayOnly() async throws {
    let mock = try Mock()
    let session = try await signedIn(mock)
    let target = "\(mock.foreign)/gateway/redirect?to=\(mock.gateway)/gateway/whoami"
    let (_, response) = try await AuthorizedURLSession(session).data(for: try request(target))
    #expect(response.statusCode == 200)
    let wire = try await mock.wire()
    #expect(wire.prefix(2) == ["GET foreign /gateway/redirect none 302", "GET gateway /gateway/whoami cookie 200"])
    await session.close()
  }

  @Test func authorizingAnotherOriginIsAnError() async throws {
    let mock = try Mock()
    let session = try await signedIn(mock)
    var own = try request("\(mock.gateway)/gateway/open")
    own.setValue("theme=dark; a_session_demo=forged", forHTTPHeaderField: "Cookie")
    try await session.authorize(&own)
    let cookie = try #require(own.value(forHTTPHeaderField: "Cookie"))
    #expect(cookie.hasPrefix("a_session_demo=eyJ") && cookie.hasSuffix("; theme=dark"))
    var other = try request("\(mock.foreign)/gateway/open")
    await #expect(throws: SessionError.self) { try await session.authorize(&other) }
    #expect(other.allHTTPHeaderFields?.isEmpty ?? true)
    await session.close()
  }

  @Test func answersAreDecodedAndRefusedByTheirShape() async throws {
    struct Who: Decodable { let userId: String }
    let mock = try Mock()
    let session = try await signedIn(mock)
    let who: Who = try await session.get("/gateway/whoami").decoded()
    #expect(!who.userId.isEmpty)
    await #expect(throws: SessionError.self) {
      let _: Who = try await session.get("/gateway/bytes/9").decoded()
    }
    await session.close()
  }

  @Test func noTextShowsASecret() async throws {
    let mock = try Mock()
    let session = try await signedIn(mock)
    let authorization = try await session.authorize("/gateway/open")
    let header = try #require(authorization.headers.first)
    let credential = header.value.dropFirst("a_session_demo=".count).prefix(40)
    #expect(credential.count == 40)
    var request = session.post("/gateway/open")
    request.setHeader("X-Key", "canary")
    request.body = Data("canary".utf8)
    var text = ""
    for each in [session, authorization, request, try await request.response(), session.state] as [Any] {
      dump(each, to: &text)
      text += "\(each) \(String(reflecting: each))"
    }
    #expect(!text.contains(credential) && !text.contains("canary"))
    await session.close()
  }

  @Test func whatAStoreThrowsGoesNowhere() async throws {
    struct Canary: Error { let text = "canary" }
    struct Throwing: SecureStore {
      var persistence: Persistence { .durable }
      func load(key: String) throws -> String? { throw Canary() }
      func save(key: String, record: String) throws { throw Canary() }
      func clear(key: String) throws { throw Canary() }
      func quarantine(key: String, aside: String) throws { throw Canary() }
    }
    let mock = try Mock()
    try await mock.ada()
    let session = try SessionClient(endpoint: mock.endpoint, project: mock.project, store: Throwing())
    #expect(try await session.restored() == .signedOut(.storageUnavailable))
    try await session.signIn(email: "ada@example.com", password: Mock.password)
    #expect(session.persistence == .memoryOnly)
    do {
      try await session.signOut()
      Issue.record("the store cannot have forgotten")
    } catch let error as SessionError {
      #expect(error.code == .storageUnavailable)
      #expect(!"\(error) \(error.localizedDescription) \(String(reflecting: error))".contains("canary"))
    }
    await session.close()
  }

  @Test func statesBeginWithTheCurrentOneAndEndWithTheClient() async throws {
    let mock = try Mock()
    let session = try await signedIn(mock)
    let states = session.states
    try await session.signOut()
    await session.close()
    var heard: [String] = []
    for await state in states { heard.append(state.kind) }
    #expect(heard == ["signed_in", "signed_out"])
    await #expect(throws: SessionError.self) { try await session.signInAnonymously() }
  }

  @Test func theLastChangeIsThereWithoutWaitingAlsoAfterTheEnd() async throws {
    let mock = try Mock()
    let session = try await signedIn(mock)
    let signedIn = session.change
    #expect(signedIn.state == session.state && signedIn.persistence == .memoryOnly)
    try await session.signOut()
    await session.close()
    #expect(session.change.state == .signedOut(.signedOut))
    #expect(session.change.number > signedIn.number)
  }

  @Test func aTimeThatIsNoneIsRefusedAndOneWithoutEndIsLong() async throws {
    let mock = try Mock()
    let session = try await signedIn(mock)
    var request = session.get("/gateway/open")
    request.timeout = .infinity
    #expect(try await request.response().status == 200)
    for none in [0, -1, .nan] as [TimeInterval] {
      request.timeout = none
      await #expect(throws: SessionError.self) { try await request.response() }
    }
    await session.close()
  }

  @Test func aHundredClientsLeaveNoThreadBehind() async throws {
    let before = nativeThreads()
    for _ in 0..<100 {
      let session = try SessionClient(
        endpoint: "https://appwrite.example.com/v1", project: "demo", store: MemoryStore())
      _ = try await session.restored()
      await session.close()
    }
    // The last threads end a moment after the last client; there is nothing to wait for but their end.
    let deadline = Date(timeIntervalSinceNow: 10)
    while nativeThreads() > before, Date() < deadline { await Task.yield() }
    // Fewer, if some of the tests before this one were still ending.
    #expect(nativeThreads() <= before)
  }

  /// The core's threads of this process, as the system knows them.
  private func nativeThreads() -> Int {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.count {
      let name = try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
      return name?.hasPrefix("appwrite-sessio") ?? false
    }
  }
}
