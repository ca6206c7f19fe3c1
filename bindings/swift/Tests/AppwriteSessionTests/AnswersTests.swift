// Requests and answers of gateways, errors, and what crosses into the core and back.

import AppwriteSession
import Foundation
import Testing

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct AnswersTests {
    struct Order: Codable, Equatable { let id: Int }
    let mock: Mock

    init() throws { mock = try Mock() }

    @Test func onlyASuccessIsDecoded() async throws {
      let gateway = try RawGateway { request in
        let problem = #"{"type":"sold_out","title":"Sold out","status":409,"detail":"d","instance":"/o/1","canary":1}"#
        switch request.path {
        case "/refused": return RawAnswer("409 Conflict", "Content-Type: application/problem+json; charset=utf-8", body: problem)
        case "/down": return RawAnswer("503 Unavailable", "Retry-After: 7", body: #"{"id":1}"#)
        case "/marked": return RawAnswer("200 OK", body: "\u{feff}{\"id\":1}")
        default: return RawAnswer("201 Created", body: #"{"id":1}"#)
        }
      }
      let session = try await mock.client(gateway.url)
      #expect(try await session.get("/created").decoded() == Order(id: 1))
      #expect(try await session.get("/marked").decoded() == Order(id: 1))
      let refused = try #require(await failure { _ = try await session.get("/refused").decoded(Order.self) })
      #expect(refused.code == .unexpectedStatus && refused.status == 409 && !refused.isRetryable)
      #expect(refused.problem?.type == "sold_out" && refused.problem?.title == "Sold out" && refused.problem?.status == 409)
      #expect(refused.problem?.detail == "d" && refused.problem?.instance == "/o/1")
      var shown = "\(refused) \(String(reflecting: refused)) \(refused.localizedDescription)"
      dump(refused, to: &shown)
      #expect(!shown.contains("Sold out") && !shown.contains("sold_out"))
      var down = session.post("/down")
      down.isIdempotent = false
      let response = try await down.response()
      #expect(!response.isSuccess)
      let error = try #require(await failure { try response.requireSuccess() })
      #expect(error.isRetryable && error.retryAfter == 7 && error.problem == nil && error.mayHaveArrived)
      await session.close()
      gateway.close()
    }

    @Test func bodiesAreJSONAndHeadersCanRepeat() async throws {
      let gateway = try RawGateway { _ in RawAnswer("200 OK") }
      let session = try await mock.client(gateway.url)
      var request = try session.post("/orders").json(Order(id: 7))
      request.addHeader("X-Tag", "a")
      request.addHeader("X-Tag", "b")
      request.setHeader("x-once", "1")
      request.setHeader("X-Once", "2")
      _ = try await request.response()
      let received = try #require(gateway.received.first)
      #expect(String(decoding: received.body, as: UTF8.self) == #"{"id":7}"#)
      #expect(received.all("Content-Type") == ["application/json"])
      #expect(received.all("X-Tag") == ["a", "b"] && received.all("X-Once") == ["2"])
      let unwritable = await failure { _ = try session.post("/orders").json([Double.nan]) }
      #expect(unwritable?.code == .config)
      await session.close()
      gateway.close()
    }

    @Test func errorsSayWhatFailedAndWhetherTheRequestMayHaveArrived() async throws {
      let gateway = try RawGateway { _ in RawAnswer("200 OK", body: String(repeating: "x", count: 100)) }
      let session = try await mock.client(gateway.url)
      var request = session.get("/long")
      request.responseLimit = 10
      let long = try #require(await failure { _ = try await request.response() })
      #expect(long.code == .responseTooLarge && long.failureCause == .tooLarge && long.mayHaveArrived)
      gateway.close()
      let refused = try #require(await failure { _ = try await session.post("/x").response() })
      #expect(refused.code == .network && refused.failureCause == .refused && !refused.mayHaveArrived)
      #expect(refused.isRetryable)
      await session.close()
    }

    @Test func stringsCrossAsTheyAreOrAreRefusedWithAWord() async throws {
      let gateway = try RawGateway { _ in RawAnswer("200 OK", body: "é世🔑\u{0}") }
      let session = try await mock.client(gateway.url)
      #expect(try await session.get("/x?q=%00").response().text == "é世🔑\u{0}")
      for header in [("X-Line", "a\nb"), ("X-Zero", "\u{0}"), ("X Space", "a"), ("", "a")] {
        var request = session.get("/x")
        request.setHeader(header.0, header.1)
        #expect(await failure { _ = try await request.response() }?.code == .config)
      }
      // Half of a character, as a text that was cut inside an emoji becomes when it is made a String.
      let half = String(decoding: [0xF0, 0x9F] as [UInt8], as: UTF8.self)
      for odd in ["\u{0}", half, "👩‍👩‍👧‍👦"] {
        let error = await failure { try await session.signIn(email: odd, password: odd) }
        #expect(error != nil && error?.code != .network && error?.code != .internal, "\(error?.code.rawValue ?? "")")
      }
      await session.close()
      gateway.close()
    }

    @Test func modelsAreValues() throws {
      let user = User(id: "u", name: "Ada", email: "ada@example.com")
      let session = Session(id: "s", userId: "u", expiresAt: Date(timeIntervalSince1970: 1))
      let account = Account(user: user, labels: ["a"])
      let challenge = MfaChallenge(id: "c")
      #expect(try copied(user) == user && copied(session) == session)
      #expect(try copied(account) == account && copied(challenge) == challenge)
      #expect(try copied(SignedOutReason.sessionEnded) == .sessionEnded)
      #expect([user.id, account.id, session.id, challenge.id] == ["u", "u", "s", "c"])
      #expect(Set([SessionState.signedIn(user: user, verified: true), .signedIn(user: user, verified: true)]).count == 1)
    }

    private func copied<T: Codable & Identifiable>(_ value: T) throws -> T { try decoded(value) }
    private func copied(_ value: SignedOutReason) throws -> SignedOutReason { try decoded(value) }
    private func decoded<T: Codable>(_ value: T) throws -> T {
      try JSONDecoder().decode(T.self, from: try JSONEncoder().encode(value))
    }
  }
}
