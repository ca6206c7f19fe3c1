// URLSession's WebSockets to a gateway that closes them when their session ends.

import AppwriteSession
import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct WebSocketTests {
    let mock: Mock

    init() throws { mock = try Mock() }

    private var live: String { mock.gateway.replacingOccurrences(of: "http:", with: "ws:") + "/gateway/live" }

    @Test func aSocketOfAGatewayCarriesTheCredentialAndItsEndIsReported() async throws {
      let session = try await mock.client()
      var request = try request(live)
      try await session.authorize(&request)
      let authorization = try await session.authorize(live)
      let socket = URLSession.shared.webSocketTask(with: request)
      socket.resume()
      guard case .string(let text) = try await socket.receive() else { throw Mock.Failure(text: "no text") }
      let who = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      #expect(who?["carriers"] as? Int == 1)
      try await mock.control("DELETE", "/users/\(authorization.userId)/sessions")
      await #expect(throws: (any Error).self) { try await socket.receive() }
      #expect(socket.closeReason.map { String(decoding: $0, as: UTF8.self) } == "session_invalid")
      #if !canImport(FoundationNetworking)
        // On Linux, Foundation knows only the codes of the standard.
        #expect(socket.closeCode.rawValue == 4401)
      #endif
      #expect(session.state.kind == "signed_in")
      #expect(try await session.reportUnauthorized(authorization) == .signedOut)
      #expect(session.state == .signedOut(.sessionEnded))
      await session.close()
    }

    @Test func theURLOfASocketOfAnotherOriginIsRefused() async throws {
      let session = try await mock.client()
      let foreign = mock.foreign.replacingOccurrences(of: "http:", with: "ws:")
      var request = try request("\(foreign)/live")
      do {
        try await session.authorize(&request)
        Issue.record("it was authorized")
      } catch let refused as SessionError {
        #expect(refused.code == .originNotAllowed)
      }
      #expect(request.allHTTPHeaderFields ?? [:] == [:])
      await session.close()
    }
  }
}
