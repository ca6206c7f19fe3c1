// What JavaScript gets of the module, against the real library and a mock Appwrite.

import Foundation
import Testing

@testable import AppwriteSessionPod

/// All suites: one after the other, since a machine has few cores.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ModuleTests {
  let mock: Mock
  let script = Script()

  init() throws { mock = try Mock() }

  @Test func aUserSignsInAndOutAndEveryChangeIsTold() async throws {
    try await mock.ada()
    let client = try script.client(mock.config())
    #expect(try await script.restored(client).text("reason") == "no_session")
    try await script.signIn(client)
    // Never behind a result.
    let signedIn = script.change(client)
    #expect(signedIn.text("kind") == "signed_in" && signedIn.flag("verified") == true)
    #expect(signedIn.text("userName") == "Ada" && signedIn.text("userEmail") == "ada@example.com")
    #expect(signedIn.text("persistence") == "memory_only" && signedIn.text("reason") == nil)
    try await script.what { $0.signOut(client, $1) }
    #expect(script.change(client).text("reason") == "signed_out")
    await script.heard.first { $0.text("reason") == "signed_out" }
    let numbers = script.heard.of(client).compactMap { $0.number("number") }
    #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
    #expect(script.heard.of(client).map { $0.text("kind") }.suffix(3) == ["signed_out", "signed_in", "signed_out"])
  }

  @Test func everyCallAboutTheAccountGivesWhatTheSpecSays() async throws {
    let client = try script.client(mock.config())
    let account = try await script.what("NativeAccount") {
      $0.signUpWithEmail(client, email: "ada@example.com", password: Mock.password, name: "Ada", $1)
    }
    #expect(account.text("userName") == "Ada" && account.text("preferencesJson") == "{}")
    #expect((account.number("registeredAtMs") ?? 0) > 1_000_000_000_000)
    try await script.signIn(client)
    #expect(try await script.what("NativeAccount") { $0.account(client, $1) }.text("userId") == account.text("userId"))
    let session = try await script.what("NativeSession") { $0.currentSession(client, $1) }
    #expect(session.flag("current") == true && session.text("provider") == "email")
    try await script.what("NativeSession") { $0.extendSession(client, $1) }
    let sessions = try await script.what("NativeSession[]") { $0.sessions(client, $1) }
    #expect((sessions.any as? [Any])?.count == 1)
    let id = try #require(session.text("id"))
    try await script.what { $0.revokeSession(client, id: id, $1) }
    #expect(script.change(client).text("reason") == "signed_out")
    try await script.what { $0.signInAnonymously(client, $1) }
    #expect(script.change(client).text("userEmail") == nil)
    try await script.what { $0.signOutEverywhere(client, $1) }
    #expect(script.change(client).text("kind") == "signed_out")
  }

  @Test func aTokenOfTheServerAndWhatAnotherSDKLeftSignIn() async throws {
    try await mock.ada()
    let client = try script.client(mock.config(["persistence": "durable"]))
    try await script.signIn(client)
    let ada = try #require(script.change(client).text("userId"))
    try await script.what { $0.signOut(client, $1) }
    let secret = try await mock.value("secret", "POST", "/users/\(ada)/tokens")
    try await script.what { $0.signInWithToken(client, userId: ada, secret: secret, $1) }
    #expect(script.change(client).text("kind") == "signed_in")
    try await script.what { $0.signOut(client, $1) }
    #expect(try await script.what("string") { $0.importSession(client, legacy: "theme=dark", $1) }.any as? String == "nothing_found")
    let credential = try await mock.value("credential", "POST", "/users/\(ada)/sessions")
    let legacy = "a_session_\(mock.project)=\(credential)"
    #expect(try await script.what("string") { $0.importSession(client, legacy: legacy, $1) }.any as? String == "imported")
    #expect(script.change(client).flag("verified") == false)
  }

  @Test func anOperationIsPerformedByItsName() async throws {
    try await mock.ada()
    let client = try script.client(mock.config())
    try await script.signIn(client)
    let updated = try await script.what("string") {
      $0.call(client, operation: "profile.updateName", argumentsJson: #"["Countess"]"#, $1)
    }
    #expect((updated.any as? String)?.contains(#""name":"Countess""#) == true)
    #expect(script.change(client).text("userName") == "Countess")
    let old = try await script.failure { $0.call(client, operation: "passkeys.list", argumentsJson: "[]", $1) }
    #expect(old.text("code") == "unsupported" && old.text("detail") == "2.5")
    let none = try await script.failure { $0.call(client, operation: "no.operation", argumentsJson: "[]", $1) }
    #expect(none.text("code") == "config")
    #expect(try await script.failure { $0.call(99, operation: "generateNonce", argumentsJson: "[]", $1) }.text("code") == "closed")
  }

  @Test func aSecondFactorIsAskedForAndAnswered() async throws {
    let body = #"{"email":"ada@example.com","password":"\#(Mock.password)","mfa":true,"totp":true}"#
    let ada = try await mock.value("userId", "POST", "/users", body)
    let client = try script.client(mock.config())
    try await script.signIn(client)
    #expect(script.change(client).text("kind") == "mfa_required" && script.change(client).texts("factors") == ["totp"])
    #expect(try await script.failure { $0.createMfaChallenge(client, factor: "voice", $1) }.text("code") == "config")
    let wrong = try #require(
      try await script.what("NativeMfaChallenge") { $0.createMfaChallenge(client, factor: "totp", $1) }.text("id"))
    let refused = try await script.failure { $0.completeMfaChallenge(client, challengeId: wrong, code: "000000", $1) }
    #expect(refused.text("code") == "invalid_token")
    let challenge = try #require(
      try await script.what("NativeMfaChallenge") { $0.createMfaChallenge(client, factor: "totp", $1) }.text("id"))
    let code = try await mock.value("code", "GET", "/users/\(ada)/totp")
    try await script.what { $0.completeMfaChallenge(client, challengeId: challenge, code: code, $1) }
    #expect(script.change(client).text("kind") == "signed_in")
  }

  @Test func anErrorHasItsCodeItsTextAndWhatElseIsKnown() async throws {
    try await mock.ada()
    let client = try script.client(mock.config())
    let wrong = try await script.failure { $0.signInWithEmail(client, email: "ada@example.com", password: "wrong word", $1) }
    #expect(wrong.text("code") == "invalid_credentials" && wrong.flag("retryable") == false)
    let out = try await script.failure { $0.account(client, $1) }
    #expect(out.text("code") == "signed_out" && out.text("reason") == "no_session")
    let foreign = try await script.failure { [mock] in $0.authorize(client, target: "\(mock.foreign)/x", $1) }
    #expect(foreign.text("code") == "origin_not_allowed" && foreign.text("origin") == mock.foreign)
    let limited = #"{"path":"/v1/account/sessions/email","times":9,"fault":{"kind":"rate_limited","retryAfter":7}}"#
    try await mock.control("POST", "/faults", limited)
    let later = try await script.failure { $0.signInWithEmail(client, email: "ada@example.com", password: Mock.password, $1) }
    #expect(later.text("code") == "rate_limited" && later.flag("retryable") == true && later.number("retryAfterMs") == 7000)
    let malformed = try await script.failure { $0.signUpWithEmail(client, email: "ada", password: Mock.password, name: nil, $1) }
    #expect(malformed.text("code") == "invalid_input" && malformed.number("status") == 400 && malformed.text("type") != nil)
  }

  @Test func whatCannotWorkIsSaidAtOnceWithWhatToWriteInstead() {
    let presence: [String: Any] = ["policy": "default", "timeoutMs": 0.0, "title": "Unlock", "cancel": "No"]
    let wrong: [[String: Any]] = [
      ["endpoint": ""], ["endpoint": 5.0], ["project": "no/project"], ["persistence": "eternal"], ["connectTimeoutMs": -1.0],
      ["idleTimeoutMs": Double.nan], ["gateways": [["url": mock.gateway, "carrier": "pigeon"]]],
      ["presence": presence.merging(["policy": "never"]) { $1 }], ["presence": presence.merging(["title": ""]) { $1 }],
      ["presence": presence.merging(["cancel": ""]) { $1 }],
      ["rootCertificates": ["no certificate"]],
    ]
    for more in wrong {
      let error = script.refused(mock.config(more))
      #expect(error.text("code") == "config", "\(more)")
      #expect(error.text("message")?.isEmpty == false)
    }
    #expect(script.refused(mock.config(wrong[3])).text("message") == "persistence must be one of: durable, memory_only")
    #expect(script.refused([:]).text("code") == "config")
  }

  @Test func numbersWithoutEndDoNoHarm() async throws {
    for number in [Double.infinity, 1e300, 1e18] {
      let client = try script.client(
        mock.config([
          "connectTimeoutMs": number, "idleTimeoutMs": number, "totalTimeoutMs": number, "attempts": number, "responseLimit": number,
        ]))
      #expect(try await script.restored(client).text("kind") == "signed_out")
      try await script.what { $0.close(client, $1) }
    }
    let client = try script.client(mock.config(["attempts": Double.nan, "presence": NSNull()]))
    try await script.what { $0.signInAnonymously(client, $1) }
    #expect(try await script.get(client, "/gateway/open", ["timeoutMs": Double.infinity]).number("status") == 200)
    let timeless = try await script.failure { $0.send(client, call: 1, request: request("/gateway/open", ["timeoutMs": -5.0]), $1) }
    #expect(timeless.text("code") == "config")
  }

  @Test func aClientThatIsNotThereSaysSo() async throws {
    let never = script.change(99)
    #expect(never.text("kind") == "signed_out" && never.text("reason") == "no_session" && never.number("number") == 0)
    #expect(try await script.failure { $0.restored(99, $1) }.text("code") == "closed")
    #expect(try await script.failure { $0.send(99, call: 1, request: request("/"), $1) }.text("code") == "closed")
    #expect(try await script.failure { $0.authorize(99, target: "/", $1) }.text("code") == "closed")
    #expect(try await script.failure { $0.reportUnauthorized(99, authorization: 1, $1) }.text("code") == "closed")
    script.module.pause(99)
    script.module.cancel(99, call: 1)

    try await mock.ada()
    let client = try script.client(mock.config())
    try await script.signIn(client)
    try await script.what { $0.close(client, $1) }
    #expect(script.change(client).text("userName") == "Ada")
    #expect(try await script.failure { $0.signOut(client, $1) }.text("code") == "closed")
    try await script.what { $0.close(client, $1) }
    try await script.what { $0.close(99, $1) }
    #expect(try script.client(mock.config()) > client)
  }

  @Test func severalClientsKeepSeveralSessions() async throws {
    try await mock.ada()
    let body = #"{"email":"bob@example.com","password":"\#(Mock.password)","name":"Bob"}"#
    try await mock.control("POST", "/users", body)
    let ada = try script.client(mock.config(["accountSlot": "ada", "persistence": "durable"]))
    let bob = try script.client(mock.config(["accountSlot": "bob", "persistence": "durable"]))
    async let one: Void = script.signIn(ada)
    async let other: Void = script.signIn(bob, "bob@example.com")
    _ = try await (one, other)
    #expect(script.change(ada).text("userName") == "Ada" && script.change(bob).text("userName") == "Bob")
    try await script.what { $0.signOut(ada, $1) }
    #expect(script.change(ada).text("kind") == "signed_out" && script.change(bob).text("kind") == "signed_in")
    await script.heard.first { $0.number("client") == Double(bob) && $0.text("kind") == "signed_in" }
    #expect(!script.heard.of(bob).contains { $0.text("userName") == "Ada" })
  }
}
