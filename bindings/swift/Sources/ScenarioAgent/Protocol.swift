// The line protocol: a command in, an answer out, and the tasks in between.

import Foundation

/// One command. Its JSON is read once and never changed, which is why it may be said to be Sendable.
struct Command: @unchecked Sendable {
  private let fields: [String: Any]

  init?(line: String) {
    guard let fields = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else { return nil }
    self.fields = fields
  }

  var id: Int { int("id") ?? 0 }
  var name: String { text("do") }

  func text(_ name: String) -> String { optional(name) ?? "" }
  func optional(_ name: String) -> String? { fields[name] as? String }
  func int(_ name: String) -> Int? { fields[name] as? Int }
  func flag(_ name: String) -> Bool { fields[name] as? Bool ?? false }
  func objects(_ name: String) -> [[String: String]] { fields[name] as? [[String: String]] ?? [] }
  func object(_ name: String) -> [String: Any]? { fields[name] as? [String: Any] }
  /// A part of it as JSON text.
  func json(_ name: String) -> String? {
    guard let value = fields[name], !(value is NSNull) else { return nil }
    return (try? JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)).map { String(decoding: $0, as: UTF8.self) }
  }
  func texts(_ name: String) -> [String: String] { fields[name] as? [String: String] ?? [:] }
  /// The fields of the form, if there is one.
  func form() -> [[String: String]]? { fields["form"] as? [[String: String]] }
  func list(_ name: String) -> [Any] { fields[name] as? [Any] ?? [] }
}

struct UnknownCommand: Error {
  let name: String
}

enum Answers {
  private static let lock = NSLock()

  static func send(_ id: Int, _ kind: String, _ value: Any) {
    guard let data = try? JSONSerialization.data(withJSONObject: ["id": id, kind: value]) else { return }
    lock.withLock { FileHandle.standardOutput.write(data + Data("\n".utf8)) }
  }
}

/// The tasks that run, by the id of their command.
final class Running: @unchecked Sendable {
  private let lock = NSLock()
  private var tasks: [Int: Task<Void, Never>] = [:]

  /// A gate that a task waits behind until it is noted, so that it can be cancelled from its first step.
  func reserve(_ id: Int) -> Gate { Gate() }

  func note(_ id: Int, _ task: Task<Void, Never>) { lock.withLock { tasks[id] = task } }

  func cancel(_ id: Int) { lock.withLock { tasks[id] }?.cancel() }
}

/// Closed until it is opened once.
final class Gate: Sendable {
  private let (stream, continuation) = AsyncStream<Void>.makeStream()

  func open() { continuation.finish() }

  func wait() async { for await _ in stream {} }
}
