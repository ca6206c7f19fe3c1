// A server of raw sockets: what is on the wire is what a test says.

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

/// Serves each connection on a thread of its own, until it is closed.
final class WireServer: @unchecked Sendable {
  private let listener: Int32
  private let lock = NSLock()
  private var count = 0
  let url: String

  struct Failure: Error {}

  init(_ serve: @escaping @Sendable (Wire) -> Void) throws {
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
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        guard let server = self else { return }
        let number = server.lock.withLock {
          server.count += 1
          return server.count
        }
        Thread.detachNewThread { serve(Wire(connection, number)) }
      }
    }
  }

  /// How many connections there have been.
  var connections: Int { lock.withLock { count } }

  func close() {
    shutdown(listener, Int32(SHUT_RDWR))
    _ = Foundation.close(listener)
  }
}

/// One connection. It is closed when nothing refers to it any more. Of one thread at a time.
final class Wire: @unchecked Sendable {
  private let socket: Int32
  /// Counted from 1.
  let number: Int
  /// What came, and was not taken yet.
  private var came = Data()

  init(_ socket: Int32, _ number: Int) {
    self.socket = socket
    self.number = number
    #if !os(Linux)
      var yes: Int32 = 1
      setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
    #endif
  }

  deinit { _ = Foundation.close(socket) }

  /// The next request; nil if the client has closed the connection.
  func request() -> Received? {
    guard let (words, headers) = head() else { return nil }
    let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
    while came.count < length { guard read() else { return nil } }
    let body = Data(came.prefix(length))
    came = Data(came.dropFirst(length))
    return Received(method: words[0], path: words[1], headers: headers, body: body)
  }

  /// The first line and the headers of the next request, whose body is not read.
  func head() -> (line: [String], headers: [(name: String, value: String)])? {
    let end = Data("\r\n\r\n".utf8)
    while came.range(of: end) == nil { guard read() else { return nil } }
    guard let head = came.range(of: end) else { return nil }
    let lines = String(decoding: came[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    came = Data(came[head.upperBound...])
    let headers = lines.dropFirst().map { line in
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      return (name: parts[0], value: parts.count > 1 ? parts[1] : "")
    }
    return (lines[0].split(separator: " ").map(String.init), headers)
  }

  /// Reads a body of `length` bytes away; how many have come.
  func skip(_ length: Int) -> Int {
    var taken = came.count
    came = Data()
    while taken < length {
      guard read() else { break }
      taken += came.count
      came.removeAll(keepingCapacity: true)
    }
    return taken
  }

  /// Waits until the client has closed the connection.
  func waitForEnd() { while read() { came.removeAll() } }

  func send(_ text: String) { send(Data(text.utf8)) }

  func send(_ data: Data) {
    data.withUnsafeBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        #if os(Linux)
          let more = Foundation.send(socket, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
        #else
          let more = Foundation.send(socket, bytes.baseAddress! + sent, bytes.count - sent, 0)
        #endif
        guard more > 0 else { return }
        sent += more
      }
    }
  }

  private func read() -> Bool {
    let size = 256 << 10
    let before = came.count
    came.count += size
    let more = came.withUnsafeMutableBytes { recv(socket, $0.baseAddress! + before, size, 0) }
    came.count = before + max(0, more)
    return more > 0
  }
}
