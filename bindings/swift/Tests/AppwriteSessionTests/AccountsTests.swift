// Several accounts: the code of the README, and what becomes of it.

import AppwriteSession
import Foundation
import Testing

// README
func addAccount(_ accounts: Accounts, email: String, password: String) async throws -> SessionClient {
  let added = try await accounts.add()  // a client like any other
  try await added.signIn(email: email, password: password)
  return try await accounts.switchTo(added.accountSlot)
}

func show(_ accounts: Accounts) async {
  for await state in accounts.states {
    for account in state.accounts { print(account.user.name, account.isCurrent ? "(in use)" : "") }
  }
}

func appOpened(_ accounts: Accounts, _ url: URL) async throws -> SessionClient { try await accounts.completeOAuth2(url).client }
// README

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct AccountsTests {
    private func accounts(_ mock: Mock, _ store: any SecureStore = MemoryStore()) throws -> Accounts {
      try Accounts(endpoint: mock.endpoint, project: mock.project, gateways: [Gateway(mock.gateway)], store: store)
    }

    private func whoAmI(_ client: SessionClient) async throws -> String {
      struct Answer: Decodable { let userId: String }
      let answer: Answer = try await client.get("/gateway/whoami").decoded()
      return answer.userId
    }

    @Test func anAccountHasOneClientWhicheverMethodReturnsIt() async throws {
      let mock = try Mock()
      let accounts = try accounts(mock)
      let current = try await withThrowingTaskGroup(of: SessionClient.self) { group in
        for _ in 0..<20 { group.addTask { try await accounts.current() } }
        var all: [SessionClient] = []
        for try await client in group { all.append(client) }
        return all
      }
      #expect(current.allSatisfy { $0 === current[0] })
      let first = current[0]
      #expect(try await accounts.client(first.accountSlot) === first)
      #expect(try await accounts.switchTo(first.accountSlot) === first)
      let second = try await accounts.add()
      #expect(second !== first)
      #expect(try await accounts.client(second.accountSlot) === second)
      await accounts.close()
    }

    @Test func theStateFollowsSignInsSwitchesAndSignOutsAndTheStoreAfterARestart() async throws {
      let mock = try Mock()
      try await mock.ada()
      let store = MemoryStore()
      let accounts = try accounts(mock, store)
      var states = accounts.states.makeAsyncIterator()
      #expect(await states.next()?.accounts.isEmpty == true)
      let added = try await addAccount(accounts, email: "ada@example.com", password: Mock.password)
      #expect(accounts.state?.current == added.accountSlot)
      var told = await states.next()
      while let state = told, state.current != added.accountSlot { told = await states.next() }
      #expect(told?.accounts.map(\.user.email) == ["ada@example.com"] && told?.accounts.first?.isCurrent == true)
      let second = try await accounts.add()
      try await second.signInAnonymously()
      #expect(try await accounts.list().map(\.isCurrent) == [true, false])
      #expect(try await whoAmI(second) == accounts.list()[1].user.id)
      #expect(try await whoAmI(added) == accounts.list()[0].user.id)
      let before = try await accounts.list()
      await accounts.close()
      // What nobody has taken yet comes first.
      while await states.next() != nil {}
      await #expect {
        try await accounts.list()
      } throws: {
        ($0 as? SessionError)?.code == .closed
      }
      await #expect {
        try await added.account()
      } throws: {
        ($0 as? SessionError)?.code == .closed
      }
      let again = try self.accounts(mock, store)
      #expect(try await again.list() == before)
      #expect(try await again.current().restored().kind == "signed_in")
      try await again.signOut(added.accountSlot)
      #expect(again.state?.current == second.accountSlot)
      try await again.signOutOfAll()
      #expect(again.state?.accounts.isEmpty == true && again.state?.current == nil)
      await again.close()
    }

    @Test func anUnknownAccountIsAnError() async throws {
      let mock = try Mock()
      let accounts = try accounts(mock)
      await #expect {
        try await accounts.switchTo("nobody")
      } throws: {
        ($0 as? SessionError)?.code == .config
      }
      await #expect {
        _ = try await appOpened(accounts, URL(string: "my-app://signed-in?secret=s")!)
      } throws: {
        ($0 as? SessionError)?.code == .callbackRejected
      }
      await accounts.close()
    }

    @Test func theReadmeHasThisCode() throws {
      let folder = URL(fileURLWithPath: #filePath + "/../../..").standardizedFileURL
      let readme = try String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8)
      let section = readme.components(separatedBy: "## Several accounts")[1]
      let shown = section.components(separatedBy: "```swift\n")[1].components(separatedBy: "```")[0]
      let source = try String(contentsOfFile: #filePath, encoding: .utf8)
      #expect(shown == source.components(separatedBy: "// README\n")[1])
    }
  }
}
