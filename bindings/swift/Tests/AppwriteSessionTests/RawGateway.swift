// A gateway of the app that answers what a test says, and tells what reached it.

import Foundation

/// One request as it came.
struct Received: Sendable {
  let method: String
  let path: String
  let headers: [(name: String, value: String)]
  let body: Data

  func all(_ name: String) -> [String] { headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value) }

  /// The cookies, with the session's among them.
  var cookie: String? { all("Cookie").first }
}

/// What the gateway answers: the status line with the headers, a line each, and the body.
struct RawAnswer: Sendable {
  let head: [String]
  let body: Data

  init(_ head: String..., body: String = "{}") {
    self.head = head
    self.body = Data(body.utf8)
  }
}

final class RawGateway: @unchecked Sendable {
  private let listener: Int32
  private let lock = NSLock()
  private var requests: [Received] = []
  private let answer: @Sendable (Received) async throws -> RawAnswer
  let url: String

  struct Failure: Error {}

  init(_ answer: @escaping @Sendable (Received) async throws -> RawAnswer) throws {
    self.answer = answer
    #if os(Linux)
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let listener = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard bound else { throw Failure() }
    url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        guard let gateway = self else { return }
        Thread.detachNewThread { gateway.serve(client) }
      }
    }
  }

  /// What has come so far.
  var received: [Received] { lock.withLock { requests } }

  func close() {
    shutdown(listener, Int32(SHUT_RDWR))
    _ = Foundation.close(listener)
  }

  private func serve(_ client: Int32) {
    let file = FileHandle(fileDescriptor: client, closeOnDealloc: true)
    var data = Data()
    let end = Data("\r\n\r\n".utf8)
    while data.range(of: end) == nil {
      let piece = file.availableData
      guard !piece.isEmpty else { return }
      data += piece
    }
    guard let head = data.range(of: end) else { return }
    let lines = String(decoding: data[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    let headers = lines.dropFirst().map { line in
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      return (name: parts[0], value: parts.count > 1 ? parts[1] : "")
    }
    var body = Data(data[head.upperBound...])
    let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
    while body.count < length {
      let piece = file.availableData
      guard !piece.isEmpty else { return }
      body += piece
    }
    let request = Received(method: words[0], path: words[1], headers: headers, body: body)
    lock.withLock { requests.append(request) }
    let (answer, answered) = (answer, DispatchSemaphore(value: 0))
    Task.detached {
      if let said = try? await answer(request) {
        let fixed = ["Content-Length: \(said.body.count)", "Connection: close", "", ""]
        try? file.write(contentsOf: Data(("HTTP/1.1 " + (said.head + fixed).joined(separator: "\r\n")).utf8) + said.body)
      }
      answered.signal()
    }
    answered.wait()
    try? file.close()
  }
}
