extension SessionClient {
  /// Finds out what is wrong: looks at the configuration, the secure store and the session, asks Appwrite and each gateway, and says of
  /// everything what it found and what to do about it. Takes 20 seconds at most. It changes nothing of the session but what a probe
  /// changes: Appwrite's answer confirms the session or ends it. The user is not asked for biometrics or the device passcode.
  ///
  /// The requests are `GET /health/version` of Appwrite, without a credential; if there is a session, `GET /account`; and
  /// `GET /_gateway/session` of each gateway.
  public func diagnose() async throws -> Diagnosis { try await perform("diagnose", read: Shown.diagnosis) }

  /// What this client has done since it was built, in numbers by name: `gatewayCalls`, `attempts`, `retries`, `probes` and others, which
  /// the table in the repository's README explains. They hold no id and no secret.
  public func metrics() async throws -> [String: Int] { try await perform("metrics", read: Shown.numbers) }
}

/// What ``SessionClient/diagnose()`` found.
public struct Diagnosis: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Everything that was looked at, by area.
  public let findings: [Finding]
  /// The findings as text that can be pasted into a bug report. It holds the addresses and the project of the configuration, and no
  /// secret and no id of a user.
  public let text: String

  /// A diagnosis of these values, for an app's tests and previews.
  public init(findings: [Finding], text: String) {
    self.findings = findings
    self.text = text
  }

  /// What does not work.
  public var problems: [Finding] { findings.filter { $0.level == .problem } }

  /// The text.
  public var description: String { text }

  /// How bad a finding is.
  public enum Level: String, Sendable, Hashable, Codable, CaseIterable {
    /// As it should be.
    case ok
    /// It can be meant so, or pass by itself.
    case warning
    /// It does not work.
    case problem
    /// It could not be found out.
    case unknown
  }

  /// One thing that was looked at.
  public struct Finding: Sendable, Hashable, Codable {
    /// What it is about: `configuration`, `storage`, `session`, `appwrite`, `project`, `clock`, `credential`, `gateway` or `failures`.
    public let area: String
    /// How bad it is.
    public let level: Level
    /// The stable name of what was found, within the area.
    public let code: String
    /// What was found, in a sentence for developers.
    public let text: String
    /// What to do about it, if anything.
    public let advice: String?

    /// A finding of these values, for an app's tests and previews.
    public init(area: String, level: Level, code: String, text: String, advice: String? = nil) {
      self.area = area
      self.level = level
      self.code = code
      self.text = text
      self.advice = advice
    }
  }
}
