// Files: as bodies and in forms, how far they have come, and downloads.

import AppwriteSession
import Foundation
import Testing

/// A folder of one test.
final class Folder: Sendable {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// A file of that content.
  func file(_ name: String, _ content: Data) throws -> URL {
    try content.write(to: file(name))
    return file(name)
  }

  /// The names of all files, hidden ones included.
  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() }
}

/// What an observer hears, and the names of the threads that call it.
private final class Heard: @unchecked Sendable {
  private let lock = NSLock()
  private var list: [Transfer] = []
  private var threads: Set<String> = []

  var all: [Transfer] { lock.withLock { list } }
  var names: Set<String> { lock.withLock { threads } }

  func hear(_ transfer: Transfer) {
    lock.withLock {
      list.append(transfer)
      threads.insert(threadName())
    }
  }
}

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite(.timeLimit(.minutes(1))) struct FilesTests {
    let mock: Mock
    let folder: Folder

    init() throws {
      mock = try Mock()
      folder = try Folder()
    }

    /// Three megabytes, of which no two parts are the same.
    private static let content = Data((0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 % 251) })

    @Test func aFileIsTheBodyAndTheLastNewsIsItsEnd() async throws {
      let gateway = try RawGateway { _ in RawAnswer("200 OK") }
      let session = try await mock.client(gateway.url)
      let photo = try folder.file("photo.jpg", Self.content)
      let heard = Heard()
      let request = session.put("/photo").file(UploadFile(photo, contentType: "image/jpeg")).onProgress(heard.hear)
      #expect(try await request.response().isSuccess)
      let all = heard.all
      #expect(all.last == Transfer(direction: .up, bytes: Self.content.count, total: Self.content.count))
      #expect(all.map(\.bytes) == all.map(\.bytes).sorted())
      #expect(!heard.names.isEmpty && heard.names.allSatisfy { !$0.hasPrefix("appwrite-sessio") })
      let received = try #require(gateway.received.first)
      #expect(received.body == Self.content && received.all("Content-Type") == ["image/jpeg"])
      var own = session.put("/photo").file(UploadFile(photo))
      own.setHeader("Content-Type", "text/x-own")
      _ = try await own.response()
      _ = try await session.put("/photo").file(UploadFile(photo)).response()
      let kinds = gateway.received.dropFirst().flatMap { $0.all("Content-Type") }
      #expect(kinds == ["text/x-own", "application/octet-stream"])
      await session.close()
      gateway.close()
    }

    @Test func aFormIsSentWithItsFieldsInOrder() async throws {
      let session = try await mock.client()
      let photo = try folder.file("photo.jpg", Self.content)
      let heard = Heard()
      let form = Multipart().text("title", "Grüße \"quoted\"").file("photo", UploadFile(photo, name: "p.jpg", contentType: "image/jpeg"))
        .bytes("note", Data("a note".utf8), fileName: "note.txt", contentType: "text/x-note").file("again", UploadFile(photo))
      let response = try await session.post("/gateway/form").multipart(form).onProgress(heard.hear).response()
      struct Fields: Decodable { let fields: [Field] }
      struct Field: Decodable, Equatable {
        let name: String
        var fileName: String?
        var type: String?
        var length: Int?
        var text: String?
      }
      let (length, octets) = (Self.content.count, "application/octet-stream")
      let fields = try response.decoded(Fields.self).fields
      #expect(fields.map(\.name) == ["title", "photo", "note", "again"] && fields[0].text == "Grüße \"quoted\"")
      #expect(fields.map(\.fileName) == [nil, "p.jpg", "note.txt", "photo.jpg"])
      #expect(fields.dropFirst().map(\.type) == ["image/jpeg", "text/x-note", octets])
      #expect(fields[1].length == length && fields[3].length == length)
      let last = try #require(heard.all.last)
      #expect(last.bytes == last.total && last.bytes > 2 * length)
      await session.close()
    }

    @Test func aFileThatCannotBeReadIsAnErrorBeforeAnythingIsSent() async throws {
      let session = try await mock.client()
      let missing = await failure { _ = try await session.put("/gateway/echo").file(UploadFile(folder.file("missing"))).response() }
      #expect(missing?.code == .fileFailed && missing?.detail == "not_found" && missing?.mayHaveArrived == false)
      let web = try #require(URL(string: "https://example.com/photo"))
      #expect(await failure { _ = try await session.put("/gateway/echo").file(UploadFile(web)).response() }?.code == .config)
      #expect(await failure { try await session.get("/gateway/bytes/1").download(to: web) }?.code == .config)
      #expect(try await mock.gatewayWire().isEmpty)
      await session.close()
    }

    @Test func aFileThatIsWrittenFirstIsWrittenOnceAndRemoved() async throws {
      let (content, written) = (Self.content, Texts())
      let gateway = try WireServer { wire in
        // The first connection breaks, so that the request is sent again.
        guard let request = wire.request(), wire.number > 1 else { return }
        let answer = request.body == content ? "200 OK" : "400 Bad"
        wire.send("HTTP/1.1 \(answer)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      }
      let session = try await mock.client(gateway.url)
      let asset = UploadFile(name: "asset.jpg") { url in
        written.add(url.path)
        try content.write(to: url)
      }
      let response = try await session.put("/photo").file(asset).response()
      #expect(response.status == 200 && gateway.connections == 2 && written.all.count == 1)
      #expect(!FileManager.default.fileExists(atPath: written.all[0]))
      struct NoSpace: Error {}
      let failing = UploadFile(name: "asset.jpg") { url in
        try Data("half".utf8).write(to: url)
        written.add(url.path)
        throw NoSpace()
      }
      await #expect(throws: NoSpace.self) {
        try await session.put("/photo").multipart(Multipart().file("a", asset).file("b", failing)).response()
      }
      #expect(written.all.count == 3 && gateway.connections == 2)
      #expect(written.all.allSatisfy { !FileManager.default.fileExists(atPath: $0) })
      await session.close()
      gateway.close()
    }

    @Test func aFileThatIsWrittenFirstStaysForEventsThatAreAskedForAgain() async throws {
      let (content, written) = (Data("a question".utf8), Texts())
      let gateway = try WireServer { wire in
        guard let request = wire.request() else { return }
        guard wire.number < 3 else { return wire.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n") }
        wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nretry: 1\n")
        wire.send("data: \(request.body == content ? "right" : "wrong")\n\n")
      }
      let session = try await mock.client(gateway.url)
      let asset = UploadFile(name: "question") { url in
        written.add(url.path)
        try content.write(to: url)
      }
      var came: [String] = []
      for try await event in try await session.put("/ask").file(asset).events() { came.append(event.data) }
      #expect(came == ["right", "right"] && written.all.count == 1)
      #expect(!FileManager.default.fileExists(atPath: written.all[0]))
      await session.close()
      gateway.close()
    }

    @Test func theCallReturnsAfterItsLastNews() async throws {
      let gateway = try RawGateway { _ in RawAnswer("200 OK") }
      let session = try await mock.client(gateway.url)
      let photo = try folder.file("photo.jpg", Self.content)
      let (heard, released, order) = (Heard(), DispatchSemaphore(value: 0), Texts())
      let (begun, beginning) = AsyncStream<Void>.makeStream()
      let request = session.put("/photo").file(UploadFile(photo)).onProgress { transfer in
        if heard.all.isEmpty {
          beginning.yield()
          released.wait()
        }
        heard.hear(transfer)
      }
      let call = Task {
        _ = try await request.response()
        order.add("returned")
      }
      for await _ in begun { break }
      // Meanwhile the call has its answer, and others after it.
      while !gateway.received.contains(where: { $0.method == "PUT" }) { _ = try await session.get("/other").response() }
      for _ in 0..<20 { _ = try await session.get("/other").response() }
      order.add("released")
      released.signal()
      try await call.value
      #expect(order.all == ["released", "returned"])
      #expect(heard.all.last == Transfer(direction: .up, bytes: Self.content.count, total: Self.content.count))
      await session.close()
      gateway.close()
    }

    @Test func cancellingAnUploadClosesItsConnectionAndEndsTheNews() async throws {
      let (begun, beginning) = AsyncStream<Void>.makeStream()
      let (ended, ending) = AsyncStream<Void>.makeStream()
      let gateway = try WireServer { wire in
        guard wire.head() != nil else { return }
        beginning.yield()
        wire.waitForEnd()
        ending.yield()
      }
      let session = try await mock.client(gateway.url)
      let large = folder.file("large")
      try #require(FileManager.default.createFile(atPath: large.path, contents: nil))
      let handle = try FileHandle(forWritingTo: large)
      try handle.truncate(atOffset: 1 << 40)
      let heard = Heard()
      let call = Task { try await session.put("/photo").file(UploadFile(large)).onProgress(heard.hear).response() }
      for await _ in begun { break }
      let waited = await ContinuousClock().measure {
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        for await _ in ended { break }
      }
      #expect(waited < .seconds(1))
      #expect(heard.all.allSatisfy { $0.bytes < 1 << 40 && $0.total == 1 << 40 })
      await session.close()
      gateway.close()
    }

    @Test func aDownloadIsAFileWhenItIsWhole() async throws {
      let session = try await mock.client()
      let archive = try folder.file("archive", Data("before".utf8))
      let heard = Heard()
      let size = 1_000_003
      let response = try await session.get("/gateway/bytes/\(size)").onProgress(heard.hear).download(to: archive)
      #expect(response.status == 200 && response.data.isEmpty && folder.names == ["archive"])
      #expect(try Data(contentsOf: archive).count == size)
      #expect(heard.all.last == Transfer(direction: .down, bytes: size, total: size))
      let refused = try await session.get("/gateway/problem/sold_out").download(to: folder.file("none"))
      #expect(!refused.isSuccess && !refused.data.isEmpty && folder.names == ["archive"])
      var limited = session.get("/gateway/bytes/\(size)")
      limited.responseLimit = size - 1
      #expect(await failure { [limited] in try await limited.download(to: folder.file("none")) }?.code == .responseTooLarge)
      let nowhere = folder.file("missing").appendingPathComponent("file")
      #expect(await failure { try await session.get("/gateway/bytes/1").download(to: nowhere) }?.code == .fileFailed)
      #expect(folder.names == ["archive"])
      await session.close()
    }

    @Test func aBrokenDownloadLeavesNothing() async throws {
      let gateway = try WireServer { wire in
        guard wire.request() != nil else { return }
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        wire.send(Data(count: 500_000))
      }
      let session = try await mock.client(gateway.url)
      let archive = try folder.file("archive", Data("before".utf8))
      let heard = Heard()
      let error = await failure { try await session.post("/archive").onProgress(heard.hear).download(to: archive) }
      #expect(error?.code == .network && !heard.all.isEmpty)
      #expect(folder.names == ["archive"] && (try? Data(contentsOf: archive)) == Data("before".utf8))
      await session.close()
      gateway.close()
    }

    @Test func aCancelledDownloadClosesItsConnectionAndLeavesNothing() async throws {
      let (ended, ending) = AsyncStream<Void>.makeStream()
      let gateway = try WireServer { wire in
        guard wire.request() != nil else { return }
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        wire.send(Data(count: 500_000))
        wire.waitForEnd()
        ending.yield()
      }
      let session = try await mock.client(gateway.url)
      let (begun, beginning) = AsyncStream<Void>.makeStream()
      let call = Task {
        try await session.get("/archive").onProgress { _ in beginning.yield() }.download(to: folder.file("archive"))
      }
      for await _ in begun { break }
      #expect(folder.names.count == 1)
      let waited = await ContinuousClock().measure {
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        for await _ in ended { break }
      }
      #expect(waited < .seconds(1) && folder.names.isEmpty)
      await session.close()
      gateway.close()
    }
  }
}
