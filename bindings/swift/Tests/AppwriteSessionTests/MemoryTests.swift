// Clients and observers that are gone take no memory and no threads, and answers are not copied more often than need be.

import AppwriteSession
import Foundation
import Testing

/// What this process takes in memory, in KB: now, or at most so far.
private func resident(_ field: String = "VmRSS") -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix(field) } ?? ""
  return Int(line.filter(\.isNumber)) ?? 0
}

private func threads() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0 }

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct MemoryTests {
    /// Ten times as many clients with `APPWRITE_SESSION_MEMORY=10`, which takes five minutes: each one builds its TLS configuration.
    private static let times = ProcessInfo.processInfo.environment["APPWRITE_SESSION_MEMORY"].flatMap(Int.init) ?? 1
    private static let clients = 1_000 * times
    private static let observers = 20_000
    private static let limitKB = 4_000

    private func client() throws -> SessionClient {
      try SessionClient(
        endpoint: "https://appwrite.example.com/v1", project: "demo", gateways: ["https://api.example.com"],
        store: MemoryStore())
    }

    @Test(arguments: [true, false]) func clientsThatAreGoneTakeNothing(closed: Bool) async throws {
      // The process keeps what the first ones needed.
      try await make(200, closed: closed)
      let (memory, before) = (resident(), threads())
      try await make(Self.clients, closed: closed)
      let more = resident() - memory
      print("memory: \(Self.clients) clients, \(closed ? "closed" : "not closed"): \(more) KB more, \(threads()) threads")
      #expect(more < Self.limitKB)
      #expect(threads() <= before + 16)
    }

    private func make(_ count: Int, closed: Bool) async throws {
      for _ in 0..<count {
        let session = try client()
        let states = session.states
        for await _ in states { break }
        if closed { await session.close() }
      }
    }

    @Test func observersThatAreGoneTakeNothing() async throws {
      let session = try client()
      _ = try await session.restored()
      await observe(session, 500)
      let (memory, before) = (resident(), threads())
      await observe(session, Self.observers)
      let more = resident() - memory
      print("memory: \(Self.observers) observers: \(more) KB more, \(threads()) threads")
      #expect(more < Self.limitKB)
      #expect(threads() <= before + 16)
      await session.close()
    }

    private func observe(_ session: SessionClient, _ count: Int) async {
      for number in 0..<count {
        if number.isMultiple(of: 2) {
          for await _ in session.states { break }
        } else {
          // Never read, and dropped.
          _ = session.changes
        }
      }
    }

    @Test func aLargeAnswerIsHeldLittleMoreThanTwice() async throws {
      let size = 200 << 20
      let mock = try Mock()
      let session = try await mock.client()
      var request = session.get("/gateway/bytes/\(size)")
      request.responseLimit = size
      request.timeout = 120
      try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
      let before = resident()
      let length = try await request.response().data.count
      #expect(length == size)
      let times = Double(resident("VmHWM") - before) * 1024 / Double(size)
      print("memory: an answer of 200 MB takes \(times) times its size")
      #expect(times < 2.4)
      await session.close()
    }
  }
}
