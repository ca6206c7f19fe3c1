// A mock Appwrite of its own for each test: the program, and its controls over HTTP.

import Foundation

final class Mock: Sendable {
  static let password = "correct horse battery"

  private let appwrite: MockAppwrite

  var endpoint: String { appwrite.endpoint }
  var project: String { appwrite.project }
  var gateway: String { appwrite.gateway }
  var foreign: String { appwrite.foreign }

  struct Failure: Error {
    let text: String
  }

  init(profile: String = "1.9") throws {
    let native = ProcessInfo.processInfo.environment["APPWRITE_SESSION_NATIVE"] ?? ""
    appwrite = try MockAppwrite(profile: profile, program: URL(fileURLWithPath: "\(native)/mock-appwrite"))
  }

  @discardableResult
  func control(_ method: String, _ path: String, _ body: String = "{}") async throws -> [String: Any] {
    let data = try await appwrite.control(method, path, method == "GET" ? "" : body)
    return data.isEmpty ? [:] : try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// The e-mails and SMS that were sent, the oldest first; what is null is left out.
  func messages() async throws -> [[String: String]] {
    let list = try JSONSerialization.jsonObject(with: try await appwrite.control("GET", "/messages")) as? [[String: Any]] ?? []
    return list.map { $0.compactMapValues { $0 as? String } }
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
