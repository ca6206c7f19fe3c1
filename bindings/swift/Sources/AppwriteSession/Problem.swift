import Foundation

/// What a gateway says about an error: a problem document (RFC 9457), with its standard members.
///
/// The texts are the gateway's. They are in no error's description and no dump.
public struct Problem: Sendable, Hashable, CustomReflectable, CustomStringConvertible, CustomDebugStringConvertible {
  /// A URI or a short name; `about:blank` if there is none. At most 256 characters.
  public let type: String
  /// A short summary of the type, at most 256 characters.
  public let title: String?
  /// The status that the problem names, which should be that of the answer.
  public let status: Int?
  /// What happened this time, at most 1024 characters.
  public let detail: String?
  /// A URI of this occurrence, at most 256 characters.
  public let instance: String?

  private static let longestDocument = 64 << 10

  /// The problem that `response` holds, if its content type says so and it is a JSON object.
  init?(_ response: GatewayResponse) {
    let essence = response.header("Content-Type")?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces)
    guard essence?.lowercased() == "application/problem+json", response.data.count <= Self.longestDocument,
      let object = try? JSONSerialization.jsonObject(with: response.dataWithoutMark), let members = object as? [String: Any]
    else { return nil }
    func text(_ name: String, _ longest: Int) -> String? { (members[name] as? String).map { String($0.prefix(longest)) } }
    type = text("type", 256) ?? "about:blank"
    title = text("title", 256)
    status = members["status"] as? Int
    detail = text("detail", 1024)
    instance = text("instance", 256)
  }

  /// The status alone.
  public var description: String { "Problem(status: \(status.map { "\($0)" } ?? "none"))" }
  /// The status alone.
  public var debugDescription: String { description }
  /// Shows the status alone.
  public var customMirror: Mirror { Mirror(self, children: ["status": status as Any]) }
}
