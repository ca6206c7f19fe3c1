// The operations of the core behind the methods of Swift.

import AppwriteSession
import AppwriteSessionBindings
import Foundation
import Testing

@testable import ScenarioAgent

/// A user who does something of the app's while they are asked.
private final class Busy: UserPresence, @unchecked Sendable {
  private let lock = NSLock()
  private var codes: [String: SessionError.Code] = [:]
  private var client: SessionClient?

  func setClient(_ client: SessionClient?) { lock.withLock { self.client = client } }
  var heard: [String: SessionError.Code] { lock.withLock { codes } }

  func confirm() -> Bool {
    guard let client = lock.withLock({ client }) else { return true }
    let done = DispatchSemaphore(value: 0)
    Task {
      let calls: [(String, () async throws -> Void)] = [
        ("profile", { try await client.profile.updateName("Ada") }),
        ("recovery", { _ = try await client.recovery.startByCode(email: "ada@example.com") }),
        ("way in", { _ = try await client.beginPasskey() }),
      ]
      for (name, call) in calls {
        let code = await failure(call)?.code
        lock.withLock { codes[name] = code }
      }
      done.signal()
    }
    done.wait()
    return true
  }
}

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct OperationsTests {
    let mock: Mock

    init() throws { mock = try Mock() }

    @Test func noTextOfAModelShowsASecret() throws {
      let models: [Any] = [
        IdToken(provider: .apple, token: "canary1", nonce: "canary2", accessToken: "canary3", name: "canary4"),
        Nonce(raw: "canary5", sha256: "hash"), TotpEnrollment(secret: "canary6", uri: "canary7"),
        OAuth2Start(url: try #require(URL(string: "https://example.com/canary8")), callbackScheme: "app"),
      ]
      for model in models {
        var text = "\(model) \(String(reflecting: model)) \(String(describing: Optional(model))) \([model])"
        dump(model, to: &text)
        dump([model], to: &text)
        #expect(!text.contains("canary"), "\(type(of: model))")
        #expect(text.contains("\(type(of: model))"))
      }
    }

    @Test func modelsAreValues() throws {
      let time = Date(timeIntervalSince1970: 1)
      #expect(try copied(SentCode(userId: "u", phrase: "p", expiresAt: time)) == SentCode(userId: "u", phrase: "p", expiresAt: time))
      #expect(try copied(Passkey(id: "p", name: "n", lastUsedAt: time)) == Passkey(id: "p", name: "n", lastUsedAt: time))
      #expect(try copied(PasskeyChallenge(id: "c", passkeyId: "p")) == PasskeyChallenge(id: "c", passkeyId: "p"))
      #expect(try copied(Identity(id: "i", provider: "google")) == Identity(id: "i", provider: "google"))
      #expect(try copied(PushTarget(id: "t", identifier: "d", expired: true)) == PushTarget(id: "t", identifier: "d", expired: true))
      #expect(Set([SignInOutcome.cancelled, .cancelled, .signedIn(.restoring)]).count == 2)
    }

    private func copied<T: Codable>(_ value: T) throws -> T {
      try JSONDecoder().decode(T.self, from: try JSONEncoder().encode(value))
    }

    /// What each operation that has arguments is tried with.
    private static let arguments: [String: [any Sendable]] = [
      "signInWithIdToken": ["google", "t", "n", "a", "Ada"], "completePasskey": ["c", "{}"],
      "beginOAuth2": ["mock", ["s"], "http://localhost/x"], "completeOAuth2": ["http://localhost/x"],
      "startEmailCode": ["ada@example.com", true], "startPhoneCode": ["+14155552671"], "completeCode": ["u", "c"],
      "startMagicUrl": ["ada@example.com", "http://localhost/x", true],
      "completeMagicUrl": ["u", "http://localhost/x", "http://localhost/x"],
      "profile.updateName": ["Ada"], "profile.updateEmail": ["ada@example.com", "p"], "profile.updatePhone": ["+14155552671", "p"],
      "profile.updatePassword": ["p", "q"], "profile.replacePreferences": [["k": 1]], "profile.mergePreferences": [["k": 1]],
      "factors.require": [true], "factors.verifyTotp": ["1"], "factors.removeTotp": ["1"],
      "passkeys.beginRegistration": ["n"], "passkeys.completeRegistration": ["c", "p", "{}"], "passkeys.rename": ["p", "n"],
      "passkeys.delete": ["p"], "identities.link": ["apple", "t", "n", "a", "Ada"], "identities.unlink": ["i"],
      "pushTargets.create": ["d", "p"], "pushTargets.update": ["t", "d"], "pushTargets.delete": ["t"],
      "verification.startEmailByCode": [true], "verification.completeEmailByCode": ["u", "c"],
      "verification.startEmailByLink": ["http://localhost/x"],
      "verification.completeEmailByLink": ["http://localhost/x", "http://localhost/x"], "verification.completePhone": ["u", "c"],
      "recovery.startByCode": ["ada@example.com", true], "recovery.completeByCode": ["u", "c", "p"],
      "recovery.startByLink": ["ada@example.com", "http://localhost/x"],
      "recovery.completeByLink": ["http://localhost/x", "http://localhost/x", "p"],
    ]

    @Test func everyOperationHasAMethodWhoseArgumentsTheCoreTakes() async throws {
      #expect(Operations.all.keys.sorted() == operationNames().sorted())
      let session = try SessionClient(endpoint: mock.endpoint, project: mock.project, store: MemoryStore())
      for (name, perform) in Operations.all {
        let error = await failure { _ = try await perform(session, Arguments(Self.arguments[name] ?? [])) }
        #expect(error?.code != .config && error?.code != .internal, "\(name)")
      }
      await session.close()
    }

    @Test func anOperationIsPerformedByItsNameForABridge() async throws {
      let session = try await mock.client()
      let json = try await session.performOperation("profile.updateName", #"["Ada \"L\""]"#)
      let account = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      #expect(account["name"] as? String == #"Ada "L""#)
      #expect(try await session.performOperation("cancelOAuth2", "[]") == "null")
      for (name, arguments) in [("profile.update", "[]"), ("profile.updateName", "[1]"), ("profile.updateName", "{")] {
        #expect(await failure { _ = try await session.performOperation(name, arguments) }?.code == .config)
      }
      await session.close()
    }

    @Test func anAccountIsTheSameFromEveryMethod() async throws {
      let session = try await mock.client()
      let id = try await session.account().id
      try await mock.control("PATCH", "/users/\(id)", #"{"emailVerification":true,"phone":"+14155552671","labels":["a"]}"#)
      try await session.profile.replacePreferences(json: #"{"z":[1,true,null,0.5],"a/b":{"ü":"🔑"}}"#)
      let renamed = try await session.profile.updateName("Ada Lovelace")
      let account = try await session.account()
      #expect(renamed == account && renamed.user.name == "Ada Lovelace" && renamed.registeredAt != nil)
      #expect(renamed.emailVerified && !renamed.phoneVerified && renamed.phone != nil && renamed.labels == ["a"])
      #expect(session.state == .signedIn(user: renamed.user, verified: true))
      await session.close()
    }

    @Test func preferencesAreReadIntoATypeOfTheApps() async throws {
      struct Look: Codable, Equatable, Sendable {
        var theme: String?
        var size: Double?
      }
      let session = try await mock.client()
      let profile = session.profile
      try await profile.replacePreferences(Look(theme: "dark"))
      try await profile.mergePreferences(Look(size: 1.5))
      #expect(try await profile.preferences() == Look(theme: "dark", size: 1.5))
      #expect(try await profile.mergePreferences(json: #"{"theme":null}"#) == #"{"size":1.5}"#)
      #expect(try await profile.preferencesJSON() == #"{"size":1.5}"#)
      #expect(await failure { _ = try await profile.preferences([String].self) }?.code == .invalidResponse)
      try await mock.control("DELETE", "/journal")
      for none in ["", "[]", "{", #"{}],["#, #"{},{}"#] {
        #expect(await failure { try await profile.replacePreferences(json: none) }?.code == .config, "\(none)")
      }
      #expect(await failure { try await profile.replacePreferences(["size": Double.nan]) }?.code == .config)
      #expect(try await mock.wire().isEmpty)
      await session.close()
    }

    @Test func onlyWhatNeedsTheUserIsRefusedWhileTheUserIsAsked() async throws {
      try await mock.ada()
      let user = Busy()
      var options = SessionClient.Options()
      options.requirePresence(.always, user)
      let session = try SessionClient(endpoint: mock.endpoint, project: mock.project, store: MemoryStore(), options: options)
      try await session.signInAda()
      user.setClient(session)
      _ = try await session.account()
      user.setClient(nil)
      #expect(user.heard == ["profile": .config, "recovery": .unsupported, "way in": .unsupported])
      await session.close()
    }
  }
}
