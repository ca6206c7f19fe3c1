// What the client does when the device is in another network, and how it notices.

import AppwriteSession
import Foundation
import Testing

#if os(Linux)
  import Network
#endif

/// A gateway that keeps its connections open.
private func keepingGateway() throws -> WireServer {
  try WireServer { wire in
    while wire.request() != nil { wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") }
  }
}

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct NetworkTests {
    let mock: Mock

    init() throws { mock = try Mock() }

    /// How many connections there have been after one more call.
    private func connections(_ session: SessionClient, _ gateway: WireServer) async throws -> Int {
      _ = try await session.get("/x").response()
      return gateway.connections
    }

    @Test func noIdleConnectionIsUsedInAnotherNetwork() async throws {
      let gateway = try keepingGateway()
      let session = try await mock.client(gateway.url)
      #expect(try await connections(session, gateway) == 1)
      #expect(try await connections(session, gateway) == 1)
      session.networkChanged()
      #expect(try await connections(session, gateway) == 2)
      await session.close()
      session.networkChanged()
      gateway.close()
    }

    @Test func theClientsOfAccountsHearOfAnotherNetwork() async throws {
      let gateway = try keepingGateway()
      try await mock.ada()
      let accounts = try Accounts(endpoint: mock.endpoint, project: mock.project, gateways: [Gateway(gateway.url)], store: MemoryStore())
      let session = try await accounts.add()
      try await session.signInAda()
      #expect(try await connections(session, gateway) == 1)
      accounts.networkChanged()
      #expect(try await connections(session, gateway) == 2)
      await accounts.close()
      gateway.close()
    }

    #if os(Linux)
      @Test(arguments: [true, false]) func aChangeOfThePathIsNoticed(byAccounts: Bool) async throws {
        let gateway = try keepingGateway()
        try await mock.ada()
        let running = NWPathMonitor.count
        let gateways = [Gateway(gateway.url)]
        let accounts =
          try byAccounts ? Accounts(endpoint: mock.endpoint, project: mock.project, gateways: gateways, store: MemoryStore()) : nil
        let session =
          try await accounts?.add()
          ?? SessionClient(endpoint: mock.endpoint, project: mock.project, gateways: gateways, store: MemoryStore())
        #expect(NWPathMonitor.count == running + 1)
        try await session.signInAda()
        #expect(try await connections(session, gateway) == 1)
        let reports: [(NWPath, connections: Int)] = [
          // The first path is where the device is, and no change.
          (NWPath(.satisfied, "wifi"), 1), (NWPath(.satisfied, "wifi"), 1), (NWPath(.satisfied, "cellular"), 2),
          // Without a network there is nothing to try; the same one that comes back is another.
          (NWPath(.unsatisfied, ""), 2), (NWPath(.satisfied, "cellular"), 3),
        ]
        for (path, expected) in reports {
          NWPathMonitor.report(path)
          #expect(try await connections(session, gateway) == expected, "\(path)")
        }
        await accounts?.close()
        await session.close()
        #expect(NWPathMonitor.count == running)
        gateway.close()
      }

      @Test func whoIsGoneFollowsNoNetwork() async throws {
        let running = NWPathMonitor.count
        for _ in 0..<3 {
          let session = try SessionClient(endpoint: mock.endpoint, project: mock.project, store: MemoryStore())
          _ = try await session.restored()
        }
        #expect(NWPathMonitor.count == running)
      }
    #endif
  }
}
