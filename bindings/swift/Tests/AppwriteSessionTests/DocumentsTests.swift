import AppwriteSession
import Foundation
import Testing

// README streams
func documents(_ session: SessionClient, photo: URL, archive: URL) async throws {
  for try await chunk in try await session.get("/export").stream().requireSuccess() {
    print("\(chunk.count) bytes")
  }

  let picture = UploadFile(photo, contentType: "image/jpeg")
  let put = session.put("/photo").file(picture).onProgress { print("\($0.bytes) of \($0.total ?? 0) bytes") }
  try await put.response().requireSuccess()
  let form = Multipart().text("title", "Summer").file("photo", picture)
  try await session.post("/photos").multipart(form).response().requireSuccess()

  try await session.get("/archive").download(to: archive).requireSuccess()
}

func follow(_ session: SessionClient, show: (Event) -> Void) async throws {
  let news = try await session.get("/news").events()  // server-sent events
  while true {
    do {
      for try await event in news { show(event) }
      return  // the gateway has no more
    } catch let error as SessionError where error.isRetryable {
      print("not connected")  // it waits before it asks again
    }
  }
}
// README streams

// README ways out
func pinnedClient(password: String) throws -> SessionClient {
  let pins = Pins([
    "sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=",
    "sha256/YLh1dUR9y6Kja30RrAn7JKnbQG/uEtLMkBgFF2Fuihg=",  // the backup
  ])
  var options = SessionClient.Options()
  options.endpointPins = pins
  options.proxy = Proxy("http://proxy.example.com:3128").credentials(user: "ada", password: password)
  return try SessionClient(
    endpoint: "https://fra.cloud.appwrite.io/v1", project: "my-project",
    gateways: [Gateway("https://api.example.com", pins: pins)], options: options)
}
// README ways out

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite(.timeLimit(.minutes(1))) struct DocumentsTests {
    @Test func whatTheReadmeShowsOfStreamsAndFilesWorksAsItIsWritten() async throws {
      let counter = Texts()
      let gateway = try RawGateway { request in
        counter.add("\(request.method) \(request.path)")
        if request.path != "/news" { return RawAnswer("200 OK") }
        let events = "retry: 1\ndata: hello\n\n"
        let isFirst = counter.all.filter { $0 == "GET /news" }.count == 1
        return isFirst ? RawAnswer("200 OK", "Content-Type: text/event-stream", body: events) : RawAnswer("204 No Content", body: "")
      }
      let (mock, folder) = (try Mock(), try Folder())
      let session = try await mock.client(gateway.url)
      let (photo, archive) = (try folder.file("photo.jpg", Data("a photo".utf8)), folder.file("archive.zip"))
      try await documents(session, photo: photo, archive: archive)
      #expect(counter.all == ["GET /export", "PUT /photo", "POST /photos", "GET /archive"])
      #expect(try Data(contentsOf: archive) == Data("{}".utf8))
      var shown: [String] = []
      try await follow(session) { shown.append($0.data) }
      #expect(shown == ["hello"] && counter.all.suffix(2) == ["GET /news", "GET /news"])
      await (try pinnedClient(password: "secret")).close()
      await session.close()
      gateway.close()
      for mark in ["streams", "ways out"] {
        #expect(try isShown(mark), "the README shows something else than what is compiled: \(mark)")
      }
    }

    /// Whether the README shows what stands between the marks here.
    private func isShown(_ mark: String) throws -> Bool {
      let here = URL(fileURLWithPath: #filePath)
      let folder = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      let readme = try String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8)
      let source = try String(contentsOf: here, encoding: .utf8)
      let compiled = source.components(separatedBy: "// README \(mark)\n")[1].trimmingCharacters(in: .whitespacesAndNewlines)
      return readme.contains("```swift\n\(compiled)\n```")
    }
  }
}
