import AppwriteSession
import Foundation
import Testing

// README
struct Who: Decodable { let userId: String }

func whoAmI(_ session: SessionClient, password: String) async throws -> Who {
  switch try await session.restored() {
  case .signedIn(let user, _): print("welcome back, \(user?.name ?? "")")
  case .signedOut: try await session.signIn(email: "ada@example.com", password: password)
  case .mfaRequired(let factors): print("choose one of \(factors)")
  case .storageLocked, .restoring: print("not known yet")
  }
  return try await session.get("/gateway/whoami").decoded()
}
// README

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct QuickStartTests {
    @Test func theQuickStartOfTheReadmeWorksAsItIsWritten() async throws {
      let mock = try Mock()
      try await mock.ada()
      let session = try SessionClient(
        endpoint: mock.endpoint, project: mock.project, gateways: [Gateway(mock.gateway)], store: MemoryStore())
      let who = try await whoAmI(session, password: Mock.password)
      let user = try await session.account().user
      #expect(session.state == .signedIn(user: user, verified: true))
      #expect(!who.userId.isEmpty)
      await session.close()
      let here = URL(fileURLWithPath: #filePath)
      let folder = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      let readme = try String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8)
      let source = try String(contentsOf: here, encoding: .utf8)
      let shown = readme.components(separatedBy: "```swift\n")[1].components(separatedBy: "```")[0]
      let compiled = source.components(separatedBy: "// README\n")[1]
      #expect(shown.trimmingCharacters(in: .whitespacesAndNewlines) == compiled.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
}
