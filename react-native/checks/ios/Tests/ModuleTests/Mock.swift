// A mock Appwrite of its own for each test: the program, and its controls over HTTP.

import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

final class Mock: @unchecked Sendable {
  static let password = "correct horse battery"

  private let process = Process()
  private let url: String
  let endpoint: String
  let project: String
  let gateway: String
  let foreign: String

  struct Failure: Error {
    let text: String
  }

  init() throws {
    let native = ProcessInfo.processInfo.environment["APPWRITE_SESSION_NATIVE"] ?? ""
    process.executableURL = URL(fileURLWithPath: "\(native)/mock-appwrite")
    process.arguments = ["serve", "--profile", "1.9", "--listen", "127.0.0.1:0"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var line = Data()
    while line.last != UInt8(ascii: "\n") {
      let piece = output.fileHandleForReading.availableData
      guard !piece.isEmpty else { throw Failure(text: "the mock said nothing") }
      line += piece
    }
    let said = try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
    func text(_ name: String) throws -> String {
      guard let text = said[name] as? String else { throw Failure(text: "the mock did not say its \(name)") }
      return text
    }
    (url, endpoint, project) = (try text("url"), try text("endpoint"), try text("project"))
    (gateway, foreign) = (try text("gateway"), try text("foreign"))
  }

  deinit {
    // Not asked to: it inherits that this process does not listen to such questions.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  @discardableResult
  func control(_ method: String, _ path: String, _ body: String = "{}") async throws -> [String: Any] {
    guard let url = URL(string: "\(url)/_mock\(path)") else { throw Failure(text: path) }
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = method == "GET" ? nil : Data(body.utf8)
    let (data, response) = try await URLSession.shared.data(for: request)
    guard let status = (response as? HTTPURLResponse)?.statusCode, status < 300 else { throw Failure(text: path) }
    return data.isEmpty ? [:] : try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// Makes ada@example.com.
  func ada() async throws {
    try await control("POST", "/users", #"{"email":"ada@example.com","password":"\#(Mock.password)","name":"Ada"}"#)
  }

  /// Every request as `METHOD listener /path carrier status`.
  func wire() async throws -> [String] {
    let entries = try await control("GET", "/journal")["entries"] as? [[String: Any]] ?? []
    return entries.map { entry in
      let credential = entry["credential"] as? [String: Any] ?? [:]
      let parts = [entry["method"], entry["listener"], entry["path"], credential["carrier"], entry["status"]]
      return parts.map { "\($0 ?? "-")" }.joined(separator: " ")
    }
  }
}
