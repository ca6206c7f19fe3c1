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
      let forgotten = try await script.what("string") { [client] in $0.reportUnauthorized(client, authorization: numbers[0], $1) }
      #expect(forgotten.any as? String == "undecided" && script.change(client).text("kind") == "signed_in")
      #expect(try await mock.wire().isEmpty)
      let known = try await script.what("string") { [client] in $0.reportUnauthorized(client, authorization: numbers[1], $1) }
      #expect(known.any as? String == "signed_out" && script.change(client).text("reason") == "session_ended")
    }

    @Test func aReportIsAnsweredWithAVerdictAndTheCoreSaysWhatMayBeRepeated() async throws {
      let authorization = try await script.what("NativeAuthorization") { [client] in $0.authorize(client, target: "/gateway/open", $1) }
      let number = try #require(authorization.fields["authorization"] as? Int)
      #expect(authorization.text("userId") == script.change(client).text("userId"))
      let lives = try await script.what("string") { [client] in $0.reportUnauthorized(client, authorization: number, $1) }
      #expect(lives.any as? String == "session_lives")
      try await script.signIn(client)
      let again = try await script.what("string") { [client] in $0.reportUnauthorized(client, authorization: number, $1) }
      #expect(again.any as? String == "try_again")
      try await script.what { [client] in $0.signInAnonymously(client, $1) }
      let other = try await script.what("string") { [client] in $0.reportUnauthorized(client, authorization: number, $1) }
      #expect(other.any as? String == "other_user")

      let module = script.module
      #expect(module.allowsRepetition("try_again", method: "GET", problemType: nil))
      #expect(!module.allowsRepetition("try_again", method: "POST", problemType: nil))
      #expect(module.allowsRepetition("try_again", method: "POST", problemType: "session_invalid"))
      #expect(!module.allowsRepetition("session_lives", method: "GET", problemType: nil))
      #expect(!module.allowsRepetition("of_tomorrow", method: "GET", problemType: nil))
    }

    @Test func anAnswerIsLimitedForTheClientAndForACall() async throws {
      let long = try await script.failure { [client] in
        $0.send(client, call: 1, request: request("/gateway/bytes/100", ["responseLimit": 99.0]), $1)
      }
      #expect(long.text("code") == "response_too_large" && long.text("failureCause") == "too_large")
      #expect(long.flag("mayHaveArrived") == true)
      #expect(try await script.get(client, "/gateway/bytes/100", ["responseLimit": 100.0]).number("status") == 200)
      let strict = try script.client(mock.config(["responseLimit": 99.0]))
      try await script.signIn(strict)
      let refused = try await script.failure { $0.send(strict, call: 1, request: request("/gateway/bytes/100"), $1) }
      #expect(refused.text("code") == "response_too_large")
    }

    @Test func aFailureSaysItsCauseAndWhetherTheRequestMayHaveArrived() async throws {
      let fault = #"{"path":"/gateway/echo","times":9,"fault":{"kind":"reset_after"}}"#
      try await mock.control("POST", "/faults", fault)
      let lost = try await script.failure { [client] in
        $0.send(client, call: 1, request: request("/gateway/echo", ["method": "POST"]), $1)
      }
      #expect(lost.text("code") == "network" && lost.text("failureCause") == "reset")
      #expect(lost.flag("mayHaveArrived") == true && lost.flag("retryable") == false)
      let nobody = try script.client(mock.config(["endpoint": "http://127.0.0.1:9/v1"]))
      let refused = try await script.failure { $0.signInAnonymously(nobody, $1) }
      #expect(refused.text("code") == "network" && refused.text("failureCause") == "refused")
      #expect(refused.flag("mayHaveArrived") == false && refused.flag("retryable") == true)
    }
  }
}
