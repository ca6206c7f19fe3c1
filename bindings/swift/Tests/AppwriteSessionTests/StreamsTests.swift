// Answers that are read by and by: chunks, and server-sent events.

import AppwriteSession
import Foundation
import Testing

/// Asks again at once.
private let stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nretry: 1\n\n"

/// A way in which an app reads no more.
enum Leaving: CaseIterable {
  case breaks, cancels, closes, forgets
}

extension Mock {
  /// Says something through the gateway's feed.
  func say(_ data: String) async throws { try await control("POST", "/feed", #"{"data":"\#(data)"}"#) }

  /// Whether clients have closed their connection before they were answered, as many as that, and within a second.
  func wasLeft(times: Int = 1) async throws -> Bool {
    var entries: [[String: Any]] = []
    let waited = try await ContinuousClock().measure {
      entries = try await control("GET", "/journal?hungUp=\(times)")["entries"] as? [[String: Any]] ?? []
    }
    return entries.filter { $0["hungUp"] as? Bool == true }.count == times && waited < .seconds(1)
  }
}

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite(.timeLimit(.minutes(1))) struct StreamsTests {
    let mock: Mock

    init() throws { mock = try Mock() }

    @Test func chunksComeOneByOne() async throws {
      let session = try await mock.client()
      let feed = try await session.get("/gateway/feed").stream()
      #expect(feed.status == 200 && feed.isSuccess && !feed.isRedirected && feed.length == nil)
      #expect(feed.url == "\(mock.gateway)/gateway/feed" && feed.header("CONTENT-TYPE")?.hasPrefix("text/plain") == true)
      let chunks = feed.makeAsyncIterator()
      try await mock.say("one")
      #expect(try await text(chunks) == "one")
      let second = Task { try await text(chunks) }
      try await mock.say("two")
      #expect(try await second.value == "two")
      try await mock.control("DELETE", "/feed")
      #expect(try await text(chunks) == nil)
      // What was read is not there a second time, and is not told to be empty.
      #expect(await failure { for try await _ in feed {} }?.code == .config)
      await session.close()
    }

    private func text(_ chunks: GatewayStream.Iterator) async throws -> String? {
      var chunks = chunks
      return try await chunks.next().map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: Leaving.allCases) func whoLeavesAStreamClosesItsConnection(how: Leaving) async throws {
      let session = try await mock.client()
      try await mock.say("one")
      var feed: GatewayStream? = try await session.get("/gateway/feed").stream()
      try await leave(how) { [feed] seen in
        if let feed { for try await _ in feed where seen() { break } }
      } close: {
        if how == .closes { feed?.close() }
        feed = nil
      }
      #expect(try await mock.wasLeft())
      await session.close()
    }

    @Test(arguments: Leaving.allCases) func whoLeavesEventsClosesTheirConnection(how: Leaving) async throws {
      let session = try await mock.client()
      try await mock.say("one")
      var events: GatewayEvents? = try await session.get("/gateway/events").events()
      try await leave(how) { [events] seen in
        if let events { for try await _ in events where seen() { break } }
      } close: {
        if how == .closes { events?.close() }
        events = nil
      }
      #expect(try await mock.wasLeft())
      await session.close()
    }

    /// Has `read` read one thing, and wait for the next.
    private func leave(
      _ how: Leaving, _ read: @escaping @Sendable (_ seen: @escaping @Sendable () -> Bool) async throws -> Void, close: () -> Void
    ) async throws {
      if how == .forgets { return close() }
      let (seen, continuation) = AsyncStream<Void>.makeStream()
      let reading = Task {
        try await read {
          continuation.yield()
          return how == .breaks
        }
      }
      for await _ in seen { break }
      switch how {
      case .cancels:
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
      case .closes:
        close()
        try await reading.value
      default: try await reading.value
      }
    }

    @Test func cancellingAWaitClosesTheConnectionAlthoughTheIteratorIsKept() async throws {
      let session = try await mock.client()
      let chunks = try await session.get("/gateway/feed").stream().makeAsyncIterator()
      let events = try await session.get("/gateway/events").events().makeAsyncIterator()
      let waits = [Task { _ = try await text(chunks) }, Task { _ = try await next(events) }]
      for wait in waits {
        wait.cancel()
        await #expect(throws: CancellationError.self) { try await wait.value }
      }
      #expect(try await mock.wasLeft(times: 2))
      // What was closed has ended.
      #expect(try await text(chunks) == nil)
      #expect(try await next(events) == nil)
      await session.close()
    }

    @Test func aTaskThatIsCancelledBeforeTheHeadClosesTheConnection() async throws {
      let session = try await mock.client()
      for target in ["/gateway/feed", "/gateway/events"] {
        try await mock.control("DELETE", "/journal")
        let fault = try await mock.hold(target)
        let call = Task {
          if target == "/gateway/feed" { _ = try await session.get(target).stream() } else { _ = try await session.get(target).events() }
        }
        try await mock.control("GET", "/faults/\(fault)?hits=1")
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(try await mock.wasLeft())
        try await mock.control("POST", "/faults/\(fault)/release")
      }
      await session.close()
    }

    @Test func aBodyThatBreaksOffIsAnErrorAndNoEnd() async throws {
      let gateway = try WireServer { wire in
        guard wire.request() != nil else { return }
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
      }
      let session = try await mock.client(gateway.url)
      let export = try await session.get("/export").stream()
      #expect(export.length == 10)
      var came = Data()
      let error = await failure { for try await chunk in export { came += chunk } }
      #expect(error?.code == .network && error?.mayHaveArrived == true && came == Data("half".utf8))
      await session.close()
      gateway.close()
    }

    @Test func anAnswerThatIsNoSuccessSaysWhy() async throws {
      let gateway = try RawGateway { _ in
        RawAnswer("409 Conflict", "Content-Type: application/problem+json", body: #"{"type":"sold_out","title":"Sold out"}"#)
      }
      let session = try await mock.client(gateway.url)
      let refused = try await session.get("/export").stream()
      #expect(refused.status == 409 && !refused.isSuccess)
      let error = await failure { try await refused.requireSuccess() }
      #expect(error?.code == .unexpectedStatus && error?.status == 409 && error?.problem?.type == "sold_out")
      #expect(await failure { _ = try await session.get("/news").events() }?.code == .unexpectedStatus)
      await session.close()
      gateway.close()
    }

    @Test func theStreamsOfAUserEndWithTheSession() async throws {
      let session = try await mock.client()
      let feed = try await session.get("/gateway/feed").stream()
      let reading = Task { await failure { for try await _ in feed {} } }
      try await session.signOut()
      #expect(await reading.value?.code == .signedOut)
      #expect(await failure { _ = try await session.get("/gateway/feed").stream() }?.code == .signedOut)
      #expect(await failure { _ = try await session.get("\(mock.foreign)/feed").stream() }?.code == .originNotAllowed)
      await session.close()
    }

    @Test func eventsComeOneByOneAndOverABrokenConnection() async throws {
      let session = try await mock.client()
      let events = try await session.get("/gateway/events").events()
      let iterator = events.makeAsyncIterator()
      try await mock.say("one")
      #expect(try await next(iterator) == Event(kind: "message", id: "1", data: "one"))
      let second = Task { try await next(iterator) }
      try await mock.control("POST", "/feed", #"{"data":"two\nlines","kind":"tick"}"#)
      #expect(try await second.value == Event(kind: "tick", id: "2", data: "two\nlines"))
      let third = Task { try await next(iterator) }
      try await mock.control("POST", "/feed/break")
      try await mock.say("three")
      #expect(try await third.value == Event(id: "3", data: "three"))
      let fourth = Task { try await next(iterator) }
      try await mock.control("DELETE", "/feed")
      #expect(try await fourth.value == nil)
      await session.close()
    }

    private func next(_ events: GatewayEvents.Iterator) async throws -> Event? {
      var events = events
      return try await events.next()
    }

    @Test func eventsGoOnAfterAnErrorThatCanBeTriedAgain() async throws {
      let asked = Asked()
      let gateway = try WireServer { wire in
        guard let request = wire.request() else { return }
        switch asked.add(request.all("Last-Event-ID")) {
        case 1: wire.send(stream + "id: a\ndata: one\n\n")
        case 2: wire.send("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        case 3: wire.send(stream + "id: b\ndata: two\n\n")
        default: wire.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
      }
      var options = SessionClient.Options()
      options.attempts = 1
      let session = try await mock.client(gateway.url, options: options)
      let events = try await session.get("/news").events()
      let came = Texts()
      let first = await failure { for try await event in events { came.add(event.data) } }
      #expect(first?.isRetryable == true && first?.status == 503 && came.all == ["one"])
      let second = await failure { for try await event in events { came.add(event.data) } }
      #expect(second?.isRetryable == false && second?.status == 404 && came.all == ["one", "two"])
      #expect(asked.all == [[], ["a"], ["a"], ["b"]])
      // After any other error there are no more.
      for try await event in events { came.add(event.data) }
      #expect(came.all == ["one", "two"] && asked.all.count == 4)
      await session.close()
      gateway.close()
    }

    @Test func eventsThatWereLeftAreOver() async throws {
      let session = try await mock.client()
      let events = try await session.get("/gateway/events").events()
      try await mock.say("one")
      for try await _ in events { break }
      for try await event in events { Issue.record("\(event.data)") }
      #expect(try await mock.wasLeft())
      #expect(await failure { _ = try await session.get("/gateway/whoami").events() }?.code == .invalidResponse)
      await session.close()
    }

    @Test func theEventsOfAPOSTEndWithTheirStream() async throws {
      let gateway = try WireServer { wire in
        if wire.request() != nil { wire.send(stream + "data: a word\n\n") }
      }
      let session = try await mock.client(gateway.url)
      var words: [String] = []
      for try await event in try await session.post("/assistant").json(["ask": "?"]).events() { words.append(event.data) }
      #expect(words == ["a word"] && gateway.connections == 1)
      await session.close()
      gateway.close()
    }

    @Test func noTextOfAStreamShowsWhatIsInIt() async throws {
      let session = try await mock.client()
      let shown: [Any] = [
        Event(kind: "tick", id: "canary", data: "canary"), try await session.get("/gateway/feed?canary").stream(),
        try await session.get("/gateway/events?canary").events(), session.get("/canary").file(UploadFile(URL(fileURLWithPath: "/canary"))),
        UploadFile(URL(fileURLWithPath: "/canary"), name: "canary"), Multipart().text("canary", "canary"),
        Proxy("http://canary.example.com").credentials(user: "canary", password: "canary"),
      ]
      for each in shown {
        var text = "\(each) \(String(reflecting: each)) \([each])"
        dump(each, to: &text)
        #expect(!text.contains("canary"), "\(type(of: each))")
      }
      await session.close()
    }
  }
}

/// What was asked with, by number.
private final class Asked: @unchecked Sendable {
  private let lock = NSLock()
  private var list: [[String]] = []

  var all: [[String]] { lock.withLock { list } }

  func add(_ ids: [String]) -> Int {
    lock.withLock {
      list.append(ids)
      return list.count
    }
  }
}

/// Texts that came, one after the other.
final class Texts: @unchecked Sendable {
  private let lock = NSLock()
  private var list: [String] = []

  var all: [String] { lock.withLock { list } }

  func add(_ text: String) { lock.withLock { list.append(text) } }
}
