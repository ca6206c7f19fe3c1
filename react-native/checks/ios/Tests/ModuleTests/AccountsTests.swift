// Several accounts, as JavaScript sees them.

import Foundation
import Testing

@testable import AppwriteSessionPod

extension ModuleTests {
  @Suite struct AccountsTests {
    let mock: Mock
    let host = TestHost()
    let retained = RetainedClients()

    init() async throws {
      mock = try Mock()
      try await mock.ada()
    }

    @Test func anAccountHasOneNumberAndEachIsUsedWithItsOwnCredential() async throws {
      let script = Script(on: host, retained)
      let accounts = try script.accounts(mock.config())
      let first = try await script.account(accounts, script.call(accounts, "current"))
      #expect(try await script.account(accounts, script.call(accounts, "current")) == first)
      try await script.signIn(first)
      let second = try await script.account(accounts, script.call(accounts, "add"))
      #expect(second != first)
      try await script.what { $0.signInAnonymously(second, $1) }
      #expect(script.change(first).text("userId") != script.change(second).text("userId"))
      await script.heard.first { $0.number("client") == Double(second) && $0.text("kind") == "signed_in" }
      let list = try await script.call(accounts, "list")
      #expect(list.contains("ada@example.com") && script.module.accountsState(accounts).contains(list))
      await script.states.first { $0.number("accounts") == Double(accounts) && $0.text("stateJson")?.contains(list) == true }
      #expect(try await script.get(first, "/gateway/whoami").text("body")?.contains(script.change(first).text("userId") ?? "?") == true)
    }

    @Test func aReloadKeepsTheAccountsAndTheirClients() async throws {
      let old = Script(on: host, retained)
      let before = try old.accounts(mock.config(["persistence": "memory_only"]))
      let number = try await old.account(before, old.call(before, "current"))
      try await old.signIn(number)
      old.module.invalidate()
      let new = Script(on: host, retained)
      let after = try new.accounts(mock.config(["persistence": "memory_only"]))
      #expect(after != before)
      let client = try await new.account(after, new.call(after, "current"))
      #expect(client > number && new.change(client).text("kind") == "signed_in")
    }

    @Test func closingTheAccountsClosesTheirClients() async throws {
      let script = Script(on: host, retained)
      let accounts = try script.accounts(mock.config(["persistence": "durable"]))
      let client = try await script.account(accounts, script.call(accounts, "current"))
      try await script.signIn(client)
      try await script.what { $0.closeAccounts(accounts, $1) }
      try await script.what { $0.closeAccounts(accounts, $1) }
      #expect(script.change(client).text("kind") == "signed_in")
      #expect(try await script.failure { $0.account(client, $1) }.text("code") == "closed")
      #expect(try await script.failure { $0.openAccount(accounts, id: "x", $1) }.text("code") == "closed")
      let again = try script.accounts(mock.config(["persistence": "durable"]))
      #expect(try await script.call(again, "list").contains("ada@example.com"))
      #expect(try await script.failure { $0.openAccount(again, id: "x", $1) }.text("code") == "config")
      #expect(script.module.accountsState(9_999) == "")
    }
  }
}
