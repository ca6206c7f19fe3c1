// Calls of gateways, and requests that the app sends by itself.

import Foundation
import Testing

@testable import AppwriteSessionPod

extension ModuleTests {
  @Suite struct GatewayTests {
    let mock: Mock
    let script = Script()
    let client: Int

    init() async throws {
      mock = try Mock()
      try await mock.ada()
      client = try script.client(mock.config())
      try await script.signIn(client)
      try await mock.control("DELETE", "/journal")
    }

    @Test func anAnswerIsTextOrBase64() async throws {
      let text = try await script.get(client, "/gateway/open")
      #expect(text.flag("bodyIsBase64") == false && text.text("body")?.contains("cookie") == true)
      #expect(text.headers()["content-type"] == "application/json")
      #expect(text.text("url") == "\(mock.gateway)/gateway/open" && text.flag("redirected") == false)
      let bytes = try await script.get(client, "/gateway/bytes/251")
      #expect(bytes.flag("bodyIsBase64") == true)
      #expect(Data(base64Encoded: bytes.text("body") ?? "") == Data(0..<251))
      // All of it is ASCII, but React Native would end the text at the zero.
      #expect(try await script.get(client, "/gateway/bytes/5").flag("bodyIsBase64") == true)
    }

    @Test func whatIsSentArrivesAsItIs() async throws {
      for text in ["plain", "", "é世🔑", "\u{feff}with a mark"] {
        let answer = try await script.get(client, "/gateway/echo", ["method": "POST", "body": text])
        #expect(answer.text("body") == text && answer.headers()["x-method"] == "POST")
      }
      let bytes = Data([255, 1, 254])
      let sent: [String: Any] = [
        "method": "PUT", "body": bytes.base64EncodedString(), "bodyIsBase64": true,
        "headers": [["name": "content-type", "value": "image/png"], ["name": "x-two", "value": "a"], ["name": "x-two", "value": "b"]],
      ]
      let answer = try await script.get(client, "/gateway/echo", sent)
      #expect(Data(base64Encoded: answer.text("body") ?? "") == bytes && answer.headers()["content-type"] == "image/png")
      let entries = try await mock.control("GET", "/journal")["entries"] as? [[String: Any]] ?? []
      #expect("\(entries.last { $0["listener"] as? String == "gateway" } ?? [:])".contains(#"["x-two", "a"], ["x-two", "b"]"#))
      let wrong = try await script.failure { [client] in
        $0.send(client, call: 1, request: request("/gateway/echo", ["body": "§", "bodyIsBase64": true]), $1)
      }
      #expect(wrong.text("code") == "config")
    }

    @Test func aRedirectSaysWhereItLed() async throws {
      let answer = try await script.get(client, "/gateway/redirect?to=\(mock.foreign)/gateway/open")
      #expect(answer.text("url") == "\(mock.foreign)/gateway/open" && answer.flag("redirected") == true)
      #expect(answer.text("body")?.contains("cookie") == false)
    }

    @Test func aCancelledCallHangsUpAndIsRejected() async throws {
      let arrived = try await mock.hang("/gateway/open")
      async let failure = script.failure { [client] in $0.send(client, call: 7, request: request("/gateway/open"), $1) }
      try await mock.control("GET", arrived)
      script.module.cancel(client, call: 8)
      script.module.cancel(client, call: 7)
      let cancelled = try await failure
      #expect(cancelled.text("code") == "cancelled" && cancelled.flag("retryable") == false)
      #expect(try await mock.hungUp())
      #expect(script.change(client).text("kind") == "signed_in")
      #expect(try await script.get(client, "/gateway/whoami", call: 7).number("status") == 200)
    }

    @Test func aCallCanBeCancelledBeforeItBegan() async throws {
      let failure = try await script.failure { [client] module, promise in
        module.send(client, call: 1, request: request("/gateway/open"), promise)
        module.cancel(client, call: 1)
      }
      #expect(failure.text("code") == "cancelled")
    }

    @Test func aCallOutlivesItsClientAndCanStillBeCancelled() async throws {
      let arrived = try await mock.hang("/gateway/open")
      async let failure = script.failure { [client] in $0.send(client, call: 1, request: request("/gateway/open"), $1) }
      try await mock.control("GET", arrived)
      try await script.what { [client] in $0.close(client, $1) }
      script.module.cancel(client, call: 1)
      #expect(try await failure.text("code") == "cancelled")
    }

    @Test func anAuthorizationIsForgottenAfterTwoHundredAndFiftySixOthers() async throws {
      let first = try await script.what("NativeAuthorization") { [client] in $0.authorize(client, target: "/gateway/open", $1) }
      #expect(first.headers()["cookie"]?.hasPrefix("a_session_\(mock.project)=") == true)
      let second = try await script.what("NativeAuthorization") { [client] in $0.authorize(client, target: "/gateway/open", $1) }
      for _ in 0..<(Client.authorizationsKept - 1) {
        try await script.what("NativeAuthorization") { [client] in $0.authorize(client, target: "/gateway/open", $1) }
      }
      let ada = try #require(script.change(client).text("userId"))
      try await mock.control("DELETE", "/users/\(ada)/sessions")
      let numbers = try [first, second].map { try #require($0.fields["authorization"] as? Int) }
      try await script.what { [client] in $0.reportUnauthorized(client, authorization: numbers[0], $1) }
      #expect(script.change(client).text("kind") == "signed_in")
      #expect(try await mock.wire().isEmpty)
      try await script.what { [client] in $0.reportUnauthorized(client, authorization: numbers[1], $1) }
      #expect(script.change(client).text("reason") == "session_ended")
    }
  }
}
