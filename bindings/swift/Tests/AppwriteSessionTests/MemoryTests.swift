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

    /// `LARGE_FILE_MIB=2048` is the long form.
    private static let fileMiB = ProcessInfo.processInfo.environment["LARGE_FILE_MIB"].flatMap(Int.init) ?? 256
    /// So much may a transfer take beside what the process has.
    private static let allowedKB = 64 << 10

    @Test func aLargeFileIsNeverHeld() async throws {
      let length = Self.fileMiB << 20
      let gateway = try WireServer { wire in
        guard let (line, _) = wire.head() else { return }
        if line[0] == "PUT" {
          let all = wire.skip(length) == length
          return wire.send("HTTP/1.1 \(all ? "200 OK" : "400 Bad")\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\nConnection: close\r\n\r\n")
        let part = Data(count: 1 << 20)
        for _ in 0..<Self.fileMiB { wire.send(part) }
      }
      let (folder, session) = (try Folder(), try await Mock().client(gateway.url))
      let (up, down) = (try folder.file("up", Data()), folder.file("down"))
      // A file with a hole, which takes no room.
      let handle = try FileHandle(forWritingTo: up)
      try handle.truncate(atOffset: UInt64(length))
      try handle.close()
      let sent = try await peakKB {
        try await session.put("/photo").file(UploadFile(up)).onProgress { _ in }.response().requireSuccess()
      }
      let received = try await peakKB {
        try await session.get("/archive").onProgress { _ in }.download(to: down).requireSuccess()
      }
      let streamed = try await peakKB {
        var count = 0
        for try await chunk in try await session.get("/archive").stream() { count += chunk.count }
        #expect(count == length)
      }
      print("memory: a file of \(Self.fileMiB) MiB takes \(sent) KB up, \(received) KB down, \(streamed) KB as a stream")
      #expect(sent < Self.allowedKB && received < Self.allowedKB && streamed < Self.allowedKB)
      #expect(try FileManager.default.attributesOfItem(atPath: down.path)[.size] as? Int == length)
      await session.close()
      gateway.close()
    }

    /// How much more the process takes at most while `work` is done.
    private func peakKB(_ work: () async throws -> Void) async throws -> Int {
      try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
      let before = resident()
      try await work()
      return resident("VmHWM") - before
    }
  }
}
