// What becomes of clients when JavaScript is reloaded.

import Foundation
import Testing

@testable import AppwriteSessionPod

extension ModuleTests {
  @Suite struct ReloadTests {
    let mock: Mock
    let host = TestHost()
    let retained = RetainedClients()

    init() async throws {
      mock = try Mock()
      try await mock.ada()
    }

    /// JavaScript with somebody signed in.
    private func started(_ config: [String: Any]) async throws -> (Script, Int) {
      let script = Script(on: host, retained)
      let client = try script.client(config)
      try await script.signIn(client)
      return (script, client)
    }

    @Test func aSessionInMemorySurvives() async throws {
      let (old, number) = try await started(mock.config())
      try await mock.control("DELETE", "/journal")
      old.module.invalidate()
      let new = Script(on: host, retained)
      let client = try new.client(mock.config())
      #expect(client > number)
      #expect(new.change(client).text("userName") == "Ada" && new.change(client).flag("verified") == true)
      await new.heard.first { $0.number("client") == Double(client) && $0.text("kind") == "signed_in" }
      #expect(try await mock.wire().isEmpty)
      #expect(try await new.get(client, "/gateway/whoami").number("status") == 200)
      #expect(new.change(number).number("number") == 0)
    }

    @Test func aClientInUseIsNotShared() async throws {
      let (script, _) = try await started(mock.config())
      let second = try script.client(mock.config())
      #expect(try await script.restored(second).text("kind") == "signed_out")
    }

    @Test func eachOfTwoEqualClientsIsTakenOverOnceInTheirOrder() async throws {
      let (old, _) = try await started(mock.config())
      let second = try old.client(mock.config())
      #expect(try await old.restored(second).text("kind") == "signed_out")
      old.module.invalidate()
      let new = Script(on: host, retained)
      let clients = try (0..<3).map { _ in try new.client(mock.config()) }
      let kinds = try await [new.restored(clients[0]), new.restored(clients[1]), new.restored(clients[2])].map { $0.text("kind") }
      #expect(kinds == ["signed_in", "signed_out", "signed_out"])
    }

    @Test func anotherConfigurationOfThePlaceClosesWhatWasLeftBehind() async throws {
      let (old, _) = try await started(mock.config())
      old.module.invalidate()
      let second = Script(on: host, retained)
      let client = try second.client(mock.config(["attempts": 2.0]))
      #expect(try await second.restored(client).text("kind") == "signed_out")
      second.module.invalidate()
      let third = Script(on: host, retained)
      #expect(try await third.restored(third.client(mock.config())).text("kind") == "signed_out")
    }

    @Test func whatIsNotTakenOverIsClosedWhenItsPlaceIsTaken() async throws {
      let (left, other) = try (Configuration(Fields(mock.config())), Configuration(Fields(mock.config(["attempts": 2.0]))))
      let session = try left.client(on: host)
      retained.put(session, left)
      #expect(retained.take(other) == nil)
      await #expect {
        try await session.authorize("/")
      } throws: {
        ($0 as? SessionError)?.code == .closed
      }
    }

    @Test func nothingOfTheOldJavaScriptStays() async throws {
      weak var outlet: Outlet?
      do {
        let (old, _) = try await started(mock.config())
        outlet = old.module.outlet
        old.module.invalidate()
      }
      let deadline = Date(timeIntervalSinceNow: 20)
      while outlet != nil, Date() < deadline { await Task.yield() }
      #expect(outlet == nil)
    }

    @Test func anotherPlaceLeavesWhatWasLeftBehind() async throws {
      let (old, _) = try await started(mock.config())
      old.module.invalidate()
      let new = Script(on: host, retained)
      let other = try new.client(mock.config(["accountSlot": "second"]))
      #expect(try await new.restored(other).text("kind") == "signed_out")
      #expect(try new.change(new.client(mock.config())).text("kind") == "signed_in")
    }

    @Test func aClosedClientIsNotTakenOver() async throws {
      let (old, number) = try await started(mock.config())
      try await old.what { $0.close(number, $1) }
      old.module.invalidate()
      let new = Script(on: host, retained)
      #expect(try await new.restored(new.client(mock.config())).text("kind") == "signed_out")
    }

    @Test func theOldJavaScriptHearsNothingMoreAndItsCallsHangUp() async throws {
      let (old, number) = try await started(mock.config())
      await old.heard.first { $0.text("kind") == "signed_in" }
      let heard = old.heard.count
      let arrived = try await mock.hang("/gateway/open")
      let settled: @Sendable (Any?) -> Void = { _ in Issue.record("a promise of the old JavaScript was settled") }
      let promise = Promise(resolve: settled, reject: { _, _, _ in settled(nil) })
      old.module.send(number, call: 1, request: request("/gateway/open"), promise)
      try await mock.control("GET", arrived)
      old.module.invalidate()
      #expect(try await mock.hungUp())
      old.module.account(number, promise)
      let late = old.module.createClient(mock.config())
      #expect((late["error"] as? [String: Any])?["code"] as? String == "closed")
      let new = Script(on: host, retained)
      let client = try new.client(mock.config())
      try await new.what { $0.signOut(client, $1) }
      await new.heard.first { $0.text("reason") == "signed_out" }
      #expect(old.heard.count == heard)
    }
  }
}
