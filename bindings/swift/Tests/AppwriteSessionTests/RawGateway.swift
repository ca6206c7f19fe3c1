// A gateway of the app that answers what a test says, and tells what reached it.

import Foundation

/// What the gateway answers: the status line with the headers, a line each, and the body.
struct RawAnswer: Sendable {
  let head: [String]
  let body: Data

  init(_ head: String..., body: String = "{}") {
    self.head = head
    self.body = Data(body.utf8)
  }
}

final class RawGateway: Sendable {
  private let server: WireServer
  private let requests: Requests

  private final class Requests: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [Received] = []

    var all: [Received] { lock.withLock { list } }

    func add(_ request: Received) { lock.withLock { list.append(request) } }
  }

  init(_ answer: @escaping @Sendable (Received) async throws -> RawAnswer) throws {
    let requests = Requests()
    self.requests = requests
    server = try WireServer { wire in
      guard let request = wire.request() else { return }
      requests.add(request)
      let answered = DispatchSemaphore(value: 0)
      Task.detached {
        if let said = try? await answer(request) {
          let fixed = ["Content-Length: \(said.body.count)", "Connection: close", "", ""]
          wire.send(Data(("HTTP/1.1 " + (said.head + fixed).joined(separator: "\r\n")).utf8) + said.body)
        }
        answered.signal()
      }
      answered.wait()
    }
  }

  var url: String { server.url }

  /// What has come so far.
  var received: [Received] { requests.all }

  func close() { server.close() }
}
