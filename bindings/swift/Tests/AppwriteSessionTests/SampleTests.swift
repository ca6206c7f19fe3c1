// The sample app's model, played as its screens do.

import AppwriteSession
import Foundation
import SessionSample
import Testing

/// A phone's store, which can be locked.
private final class Lockable: SecureStore, @unchecked Sendable {
  private let records = MemoryStore()
  private let lock = NSLock()
  private var locked = false

  var persistence: Persistence { .durable }
  func setLocked(_ locked: Bool) { lock.withLock { self.locked = locked } }
  func load(key: String) throws -> String? { try unlocked().load(key: key) }
  func save(key: String, record: String) throws { try unlocked().save(key: key, record: record) }
  func clear(key: String) throws { try unlocked().clear(key: key) }
  func quarantine(key: String, aside: String) throws { try unlocked().quarantine(key: key, aside: aside) }

  private func unlocked() throws -> MemoryStore {
    if lock.withLock({ locked }) { throw StoreError.locked }
    return records
  }
}

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @MainActor @Suite struct SampleTests {
    let mock: Mock
    private let store = Lockable()

    init() throws { mock = try Mock() }

    /// The app, started; `run` is over when it ends.
    private func app(_ run: (SampleModel) async throws -> Void) async throws {
      let session = try SessionClient(
        endpoint: mock.endpoint, project: mock.project, gateways: [Gateway(mock.gateway)], store: store)
      let model = SampleModel(session, page: "/gateway/whoami")
      let following = Task { await model.follow() }
      try await run(model)
      await session.close()
      await following.value
    }

    /// Waits until the screen is that of `kind`.
    private func shown(_ model: SampleModel, _ kind: String) async {
      let deadline = Date(timeIntervalSinceNow: 20)
      while model.state.kind != kind, Date() < deadline { await Task.yield() }
      #expect(model.state.kind == kind)
    }

    /// What the mock answers under `name`.
    nonisolated private func told(_ name: String, _ method: String, _ path: String, _ body: String = "{}") async throws -> String {
      try #require(try await mock.control(method, path, body)[name] as? String)
    }

    @Test func aUserSignsInSeesTheOrdersAndSignsOut() async throws {
      try await mock.ada()
      try await app { model in
        await shown(model, "signed_out")
        #expect(model.state == .signedOut(.noSession))
        await model.signIn(email: "ada@example.com", password: "wrong password")
        #expect(model.message == "E-mail or password is wrong.")
        await model.signIn(email: "ada@example.com", password: Mock.password)
        await shown(model, "signed_in")
        #expect(model.message.isEmpty)
        await model.showOrders()
        #expect(model.orders.contains("userId"))
        await model.signOut()
        await shown(model, "signed_out")
        #expect(model.state == .signedOut(.signedOut))
        #expect(model.orders.isEmpty)
      }
    }

    @Test func aUserAnswersWithTheSecondFactor() async throws {
      let body = #"{"email":"ada@example.com","password":"\#(Mock.password)","mfa":true,"totp":true}"#
      let ada = try await told("userId", "POST", "/users", body)
      try await app { model in
        await model.signIn(email: "ada@example.com", password: Mock.password)
        await shown(model, "mfa_required")
        #expect(model.state == .mfaRequired([.totp]))
        await model.ask(.totp)
        #expect(model.awaitsCode)
        await model.answer("000000")
        #expect(model.message == "The code is wrong. Ask for a new one.")
        await model.ask(.totp)
        let code = try await told("code", "GET", "/users/\(ada)/totp")
        await model.answer(code)
        await shown(model, "signed_in")
        #expect(!model.awaitsCode)
      }
    }

    @Test func aLockedPhoneIsSaidAndTheSessionIsThereOnceItIsUnlocked() async throws {
      try await mock.ada()
      try await app { model in
        await model.signIn(email: "ada@example.com", password: Mock.password)
      }
      store.setLocked(true)
      try await app { model in
        await shown(model, "storage_locked")
        await model.signIn(email: "ada@example.com", password: Mock.password)
        #expect(model.message == "Unlock your phone to go on.")
        store.setLocked(false)
        await model.resume()
        await shown(model, "signed_in")
      }
    }
  }
}
