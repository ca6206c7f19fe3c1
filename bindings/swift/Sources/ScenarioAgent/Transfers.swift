// The commands about streams, events and files.

import AppwriteSession
import Foundation

/// What was told of each body last.
private final class Observer: @unchecked Sendable {
  private let lock = NSLock()
  private var last: [Transfer.Direction: Transfer] = [:]

  func hear(_ transfer: Transfer) { lock.withLock { last[transfer.direction] = transfer } }

  func told() -> [String: Any] {
    lock.withLock {
      let pairs = last.values.map { ($0.direction.rawValue, ["bytes": $0.bytes, "total": $0.total ?? NSNull()] as [String: Any]) }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
  }
}

/// What `next` reads, and how it is ended.
private struct Opened: Sendable {
  let next: @Sendable () async throws -> [String: String]?
  let close: @Sendable () -> Void
}

final class Transfers: @unchecked Sendable {
  private let lock = NSLock()
  private var opened: [String: Opened] = [:]
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  private func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

  func file(_ command: Command) throws -> Any {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let bytes = Data((0..<(command.int("length") ?? 0)).map { UInt8($0 % 251) })
    try bytes.write(to: url(command.text("name")))
    return NSNull()
  }

  /// Sends `request` with the file or the form that the command names.
  func send(_ plain: GatewayRequest, _ command: Command) async throws -> Any {
    let body = command.object("file").map { plain.file(uploaded($0, "name")) } ?? command.form().map { plain.multipart(form($0)) }
    guard let request = body else { return told(try await plain.response()) }
    let observer = Observer()
    var answer = told(try await request.onProgress(observer.hear).response())
    answer["progress"] = observer.told()
    return answer
  }

  private func form(_ fields: [[String: String]]) -> Multipart {
    fields.reduce(Multipart()) { form, field in
      let name = field["name"] ?? ""
      return field["text"].map { form.text(name, $0) } ?? form.file(name, uploaded(field, "file"))
    }
  }

  private func uploaded(_ fields: [String: Any], _ name: String) -> UploadFile {
    UploadFile(url(fields[name] as? String ?? ""), name: fields["fileName"] as? String, contentType: fields["type"] as? String)
  }

  func download(_ client: SessionClient, _ command: Command) async throws -> Any {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (file, observer) = (url(command.text("name")), Observer())
    var request = client.get(command.text("target")).onProgress(observer.hear)
    request.responseLimit = command.int("limit")
    let response = try await request.download(to: file)
    let progress = observer.told()
    let bytes = try? Data(contentsOf: file)
    let about = bytes.map { ["length": $0.count, "sum": $0.reduce(0) { $0 + Int($1) }] }
    return ["status": response.status, "progress": progress.isEmpty ? NSNull() : progress, "file": about ?? NSNull()] as [String: Any]
  }

  func open(_ client: SessionClient, _ command: Command) async throws -> Any {
    let stream = try await client.get(command.text("target")).stream()
    let chunks = stream.makeAsyncIterator()
    keep(
      command,
      Opened {
        var chunks = chunks
        return try await chunks.next().map { ["text": String(decoding: $0, as: UTF8.self)] }
      } close: {
        stream.close()
      })
    return ["status": stream.status]
  }

  func events(_ client: SessionClient, _ command: Command) async throws -> Any {
    let events = try await client.get(command.text("target")).events()
    let iterator = events.makeAsyncIterator()
    keep(
      command,
      Opened {
        var iterator = iterator
        return try await iterator.next().map { ["kind": $0.kind, "id": $0.id, "data": $0.data] }
      } close: {
        events.close()
      })
    return NSNull()
  }

  private func keep(_ command: Command, _ stream: Opened) { lock.withLock { opened[command.text("stream")] = stream } }

  /// `next` and `end_stream`.
  func carryOut(_ command: Command) async throws -> Any {
    guard let stream = lock.withLock({ opened[command.text("stream")] }) else { throw UnknownCommand(name: "stream") }
    if command.name == "next" { return try await stream.next() ?? ["end": true] as [String: Any] }
    stream.close()
    return NSNull()
  }
}
