// The platform's screens, as JavaScript asks for them, over stand-ins of Apple's.

import AuthenticationServices
import Foundation
import Testing
import UIKit

@testable import AppwriteSessionPod

extension ModuleTests {
  @MainActor @Suite struct ScreenTests {
    let mock: Mock
    let script: Script
    let host = TestHost()
    let window = UIWindow()

    init() throws {
      mock = try Mock(profile: "2.7")
      script = Script(on: host)
      // The user is in the second window of two, of the scene that is in front.
      let (front, back) = (UIWindowScene(), UIWindowScene())
      window.isKeyWindow = true
      front.windows = [UIWindow(), window]
      back.windows = [UIWindow()]
      back.windows[0].isKeyWindow = true
      back.activationState = .background
      UIApplication.shared.connectedScenes = [back, front]
    }

    // Of no actor, as React Native's calls are.

    private nonisolated func show(
      _ screen: String, _ input: String, as type: String = "string", for other: Script? = nil
    ) async throws -> Value {
      try await (other ?? script).what(type) { $0.showScreen(screen, input: input, $1) }
    }

    private nonisolated func failure(_ screen: String, _ input: String) async throws -> Value {
      try await script.failure { $0.showScreen(screen, input: input, $1) }
    }

    private nonisolated func takenURL(as type: String) async throws -> String? {
      try await script.what(type) { $0.takeCallback($1) }.any as? String
    }

    private nonisolated func signOut(_ client: Int) async throws { try await script.what { $0.signOut(client, $1) } }

    private nonisolated func performed(_ client: Int, _ operation: String, _ json: String) async throws -> Value {
      try await script.what("string") { $0.call(client, operation: operation, argumentsJson: json, $1) }
    }

    private func object(_ value: Value) throws -> [String: Any] {
      let text = try #require(value.any as? String)
      return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func call(_ client: Int, _ operation: String, _ arguments: [Any]) async throws -> [String: Any] {
      let json = String(decoding: try JSONSerialization.data(withJSONObject: arguments), as: UTF8.self)
      return try object(try await performed(client, operation, json))
    }

    @Test func applesTokenSignsInAndItsNameIsKeptUntilAppwriteHasIt() async throws {
      let client = try script.client(mock.config())
      let requests = Noted<ASAuthorizationAppleIDRequest>()
      mock.appleUser(email: "ada@example.com", givenName: "Ada", sub: "apple-1", noting: requests)
      let lost = try await call(client, "generateNonce", [])
      let first = try object(try await show("apple", #"{"nonce":"\#(lost["sha256"] ?? "")"}"#))
      #expect(requests.all.first?.nonce == lost["sha256"] as? String)
      #expect(first["name"] as? String == "Ada Lovelace" && first["code"] as? String == "code")
      // The app ends before the exchange. The next time Apple gives no name.
      mock.appleUser(email: "ada@example.com", sub: "apple-1")
      let nonce = try await call(client, "generateNonce", [])
      let answer = try object(try await show("apple", #"{"nonce":"\#(nonce["sha256"] ?? "")"}"#))
      #expect(answer["name"] as? String == "Ada Lovelace")
      let (token, raw) = (try #require(answer["token"] as? String), try #require(nonce["raw"] as? String))
      _ = try await call(client, "signInWithIdToken", ["apple", token, raw, NSNull(), "Ada Lovelace"])
      #expect(script.change(client).text("userName") == "Ada Lovelace")
      let last = try object(try await show("apple", #"{"nonce":"x"}"#))
      #expect(last["token"] != nil && last["name"] == nil)
    }

    @Test func aPasskeyIsCreatedAndAnswers() async throws {
      try await mock.ada()
      let client = try script.client(mock.config())
      try await script.signIn(client)
      mock.passkeyUser()
      let creation = try await call(client, "passkeys.beginRegistration", ["phone"])
      let options = try #require(creation["options"] as? String)
      let created = try #require(try await show("passkey_create", options).any as? String)
      let (id, passkey) = (try #require(creation["id"] as? String), try #require(creation["passkeyId"] as? String))
      #expect(try await call(client, "passkeys.completeRegistration", [id, passkey, created])["name"] as? String == "phone")
      let again = try #require(try await call(client, "passkeys.beginRegistration", [])["options"] as? String)
      #expect(try await failure("passkey_create", again).text("code") == "already_exists")
      try await signOut(client)
      let challenge = try await call(client, "beginPasskey", [])
      let asked = try #require(challenge["options"] as? String)
      let got = try #require(try await show("passkey_get", asked).any as? String)
      _ = try await call(client, "completePasskey", [try #require(challenge["id"] as? String), got])
      #expect(script.change(client).text("userEmail") == "ada@example.com")
    }

    @Test func theBrowserReturnsItsURLOverTheWindowThatTheUserIsIn() async throws {
      let asked = Noted<String>()
      ASWebAuthenticationSession.user = { url, waitedFor, _ in
        asked.all.append(waitedFor)
        return try #require(URL(string: "my-app://back?x=1"))
      }
      let scheme = try object(try await show("browser", #"{"url":"https://a.example/x","callbackScheme":"my-app"}"#))
      #expect(scheme["url"] as? String == "my-app://back?x=1")
      let link = "https://a.example/x?success=https%3A%2F%2Fb.example%2Fback%3Fstate%3D1"
      _ = try await show("browser", #"{"url":"\#(link)","callbackScheme":"https"}"#)
      #expect(asked.all == ["my-app", "https://b.example/back"])
      ASAuthorizationController.user = { [window] _, over in
        #expect(over === window)
        throw ASAuthorizationError(.canceled)
      }
      #expect(try await show("apple", #"{"nonce":"x"}"#, as: "void").any == nil)
    }

    @Test func aScreenThatWasClosedIsNothingAndOneThatFailsSaysWhy() async throws {
      ASWebAuthenticationSession.user = { _, _, _ in throw ASWebAuthenticationSessionError(.canceledLogin) }
      let browser = #"{"url":"https://a.example/x","callbackScheme":"my-app"}"#
      #expect(try await show("browser", browser, as: "void").any == nil)
      let options = #"{"challenge":"AQ","rpId":"localhost"}"#
      ASAuthorizationController.user = { _, _ in throw ASAuthorizationError(.failed) }
      for (screen, input, detail) in [
        ("google", "{}", "not_supported"), ("pigeon", "{}", "not_supported"), ("passkey_get", options, "not_set_up"),
        ("passkey_get", "canary", "not_supported"),
        ("browser", #"{"url":"https://a.example/x","callbackScheme":"https"}"#, "not_supported"),
      ] {
        let failed = try await failure(screen, input)
        #expect(failed.text("code") == "screen_failed" && failed.text("detail") == detail, "\(screen)")
      }
      let unread = try await failure("apple", "canary")
      #expect(unread.text("code") == "config" && unread.text("message")?.contains("canary") == false)
      UIApplication.shared.connectedScenes = []
      let hidden = try await failure("browser", browser)
      #expect(hidden.text("detail") == "interrupted" && hidden.flag("retryable") == true)
    }

    @Test func anAppWithoutTheScreensIsToldSo() async throws {
      await #expect(throws: SessionError(.notLinked)) { try await NoScreens().show("apple", "{}") }
    }

    @Test func aReloadClosesTheScreen() async throws {
      let user = Hesitant()
      ASAuthorizationController.user = { _, _ in try await user.wait() }
      script.module.showScreen("apple", input: #"{"nonce":"x"}"#, Promise(resolve: { _ in }, reject: { _, _, _ in }))
      await user.isAsked()
      script.module.invalidate()
      await user.isClosed()
      // The next JavaScript can show one.
      ASAuthorizationController.user = { _, _ in throw ASAuthorizationError(.canceled) }
      // Nothing tells when the one before has given its turn back.
      let next = Script(on: host)
      var fault: String?
      repeat {
        do {
          _ = try await show("apple", #"{"nonce":"x"}"#, as: "void", for: next)
          fault = nil
        } catch let rejection as Rejection {
          fault = rejection.error.text("detail")
        }
      } while fault == "interrupted"
      #expect(fault == nil)
    }

    @Test func aURLThatOpenedTheAppIsTakenOnce() async throws {
      #expect(try await takenURL(as: "void") == nil)
      for path in ["first", "second"] { host.opened.put(try #require(URL(string: "my-app://\(path)"))) }
      #expect(try await takenURL(as: "string") == "my-app://second")
      #expect(try await takenURL(as: "void") == nil)
      AppwriteSessionLinks.open(try #require(URL(string: "my-app://third")))
      #expect(Device().opened.take()?.absoluteString == "my-app://third")
    }
  }
}
