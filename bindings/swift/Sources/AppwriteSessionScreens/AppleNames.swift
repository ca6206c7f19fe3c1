import Foundation

/// The names that Apple gave and that Appwrite does not have yet.
///
/// Apple gives the user's name once, at the very first sign-in with the app. If that sign-in does not reach Appwrite, because the network
/// is gone or the process ends, the next one would have no name. So a name is kept in a small file of the app until a sign-in with it
/// succeeded. Thread-safe.
final class AppleNames: @unchecked Sendable {
  /// The names of this app.
  static let ofApp = AppleNames(
    FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask).first?.appendingPathComponent("appwrite-session"))

  private struct Pending: Codable {
    let user: String
    let name: String
  }

  /// More users than that do not try for the first time on one device without one success; the oldest is dropped.
  private static let limit = 4
  /// In Unicode scalars. Appwrite refuses a longer name, and with it the sign-in.
  private static let longest = 128

  private let file: URL?
  // Guarded by `lock`; nil until the file was read.
  private var pending: [Pending]?
  private let lock = NSLock()

  /// The names in a file of `folder`, or in memory only.
  init(_ folder: URL?) { file = folder?.appendingPathComponent("apple-names.json") }

  /// The name for the sign-in with `token`: the one that Apple gave with it, which is kept from now on, or the one that was kept.
  func name(for token: String, given: String?) -> String? {
    guard let user = Self.user(of: token) else { return given }
    return lock.withLock {
      let trimmed = (given ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
      let name = String(String.UnicodeScalarView(trimmed.unicodeScalars.prefix(Self.longest)))
      guard !name.isEmpty else { return read().first { $0.user == user }?.name }
      write((read().filter { $0.user != user } + [Pending(user: user, name: name)]).suffix(Self.limit))
      return name
    }
  }

  /// Appwrite has taken the sign-in with `token`, and the name with it.
  func taken(with token: String) {
    guard let user = Self.user(of: token) else { return }
    lock.withLock {
      let left = read().filter { $0.user != user }
      if left.count < read().count { write(left) }
    }
  }

  /// Apple's id of the user, out of the token's payload. The token itself is not kept.
  private static func user(of token: String) -> String? {
    struct Payload: Decodable { let sub: String }
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let payload = Data(base64URL: String(parts[1])) else { return nil }
    return try? JSONDecoder().decode(Payload.self, from: payload).sub
  }

  private func read() -> [Pending] {
    if let pending { return pending }
    let stored = file.flatMap { try? Data(contentsOf: $0) }.flatMap { try? JSONDecoder().decode([Pending].self, from: $0) } ?? []
    pending = stored
    return stored
  }

  /// A file that cannot be written is no reason to refuse the sign-in: the name is in memory then.
  private func write(_ names: [Pending]) {
    pending = names
    guard let file else { return }
    guard !names.isEmpty else {
      try? FileManager.default.removeItem(at: file)
      return
    }
    try? FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? JSONEncoder().encode(names).write(to: file, options: .atomic)
    #if canImport(Darwin)
      var (file, values) = (file, URLResourceValues())
      values.isExcludedFromBackup = true
      try? file.setResourceValues(values)
    #endif
  }
}
