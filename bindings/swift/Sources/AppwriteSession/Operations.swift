// Operations of the core by their names: the one place that writes their arguments and reads their results.

import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

extension SessionClient {
  /// Performs an operation of the core by its name, for bridges that carry text to another language. In Swift call the methods
  /// themselves, such as ``Profile/updateName(_:)``: each stands for one operation.
  ///
  /// The name of an operation is that of the method in camel case, behind the noun that it is grouped by: `profile.updateName`. What is
  /// missing in the result is left out, times are milliseconds since 1970, and what returns nothing is `null`.
  ///
  /// - Parameters:
  ///   - name: The operation.
  ///   - argumentsJSON: Its arguments, as a JSON list. What is left out or `null` is missing.
  /// - Returns: The result as JSON. It may hold secrets.
  /// - Throws: ``SessionError``: those of the operation, and `config` if there is no such operation or the arguments are not its own.
  public func performOperation(_ name: String, _ argumentsJSON: String) async throws -> String {
    // As with the methods that are functions of the core: a sign-in asks for no confirmation, and neither does a recovery.
    let needsPresence = name.contains(".") && !name.hasPrefix("recovery.")
    return try await run(needsPresence: needsPresence) { try await $0.call(operation: name, arguments: argumentsJSON) }
  }

  /// Performs an operation, whose result `read` reads.
  func perform<T: Sendable>(_ name: String, _ arguments: Argument..., read: (Data) throws -> T) async throws -> T {
    try readResult(try await performOperation(name, Argument.list(arguments)), read)
  }
}

/// Reads the result of an operation.
func readResult<T>(_ result: String, _ shown: (Data) throws -> T) throws -> T {
  // What cannot be read is of another build of the core. The decoder's error would show what it stumbled over.
  do { return try shown(Data(result.utf8)) } catch { throw SessionError(.internal, "a bug in appwrite-session; please report it") }
}

/// One argument of an operation.
enum Argument {
  case text(String?)
  case flag(Bool)
  case texts([String])
  /// An object that is JSON already, and stays as it is written.
  case object(String)

  /// The arguments of an operation, as a JSON list.
  static func list(_ arguments: [Argument]) throws -> String {
    "[\(try arguments.map { try $0.json() }.joined(separator: ","))]"
  }

  private func json() throws -> String {
    switch self {
    case .text(nil): "null"
    case .text(let text?): try Self.written(text)
    case .flag(let flag): "\(flag)"
    case .texts(let texts): try Self.written(texts)
    case .object(let json): json
    }
  }

  private static func written(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }
}

/// Reads the results of operations.
enum Shown {
  static func nothing(_ json: Data) {}

  static func text(_ json: Data) -> String { String(decoding: json, as: UTF8.self) }

  static func texts(_ json: Data) throws -> [String] { try decoded(json) }

  static func state(_ json: Data) throws -> SessionState { try decoded(json, ShownState.self).api() }

  static func outcome(_ json: Data) throws -> SignInOutcome { try decoded(json, ShownOutcome.self).api() }

  static func outcomeOfAccount(_ json: Data) throws -> (id: String, outcome: SignInOutcome) {
    struct Shown: Decodable {
      let id: String
      let outcome: ShownOutcome
    }
    let shown: Shown = try decoded(json)
    return (shown.id, try shown.outcome.api())
  }

  static func accountId(_ json: Data) throws -> String { try decoded(json) }

  static func storedAccounts(_ json: Data) throws -> [StoredAccount] { try decoded(json, [ShownStoredAccount].self).map(\.api) }

  static func accountsState(_ json: Data) throws -> AccountsState {
    struct Shown: Decodable {
      let number: Int
      let accounts: [ShownStoredAccount]
      let current: String?
    }
    let shown: Shown = try decoded(json)
    return AccountsState(number: shown.number, accounts: shown.accounts.map(\.api), current: shown.current)
  }

  static func nonce(_ json: Data) throws -> Nonce {
    struct Shown: Decodable { let raw, sha256: String }
    let shown: Shown = try decoded(json)
    return Nonce(raw: shown.raw, sha256: shown.sha256)
  }

  static func start(_ json: Data) throws -> OAuth2Start {
    struct Shown: Decodable { let url, callbackScheme: String }
    let shown: Shown = try decoded(json)
    guard let url = URL(string: shown.url) else { throw Unreadable() }
    return OAuth2Start(url: url, callbackScheme: shown.callbackScheme)
  }

  static func code(_ json: Data) throws -> SentCode {
    struct Shown: Decodable {
      let userId: String
      let phrase: String?
      let expiresAtMs: Int64?
    }
    let shown: Shown = try decoded(json)
    return SentCode(userId: shown.userId, phrase: shown.phrase, expiresAt: date(shown.expiresAtMs))
  }

  static func account(_ json: Data) throws -> Account {
    struct Shown: Decodable {
      let id, name: String
      let email, phone: String?
      let emailVerified, phoneVerified, mfaEnabled: Bool
      let labels: [String]
      let registeredAtMs: Int64?
    }
    let shown: Shown = try decoded(json)
    guard let preferences = (try JSONSerialization.jsonObject(with: json) as? [String: Any])?["preferences"] as? [String: Any] else {
      throw Unreadable()
    }
    let text = try JSONSerialization.data(withJSONObject: preferences, options: [.sortedKeys, .withoutEscapingSlashes])
    return Account(
      user: User(id: shown.id, name: shown.name, email: shown.email), phone: shown.phone, emailVerified: shown.emailVerified,
      phoneVerified: shown.phoneVerified, mfaEnabled: shown.mfaEnabled, labels: shown.labels,
      preferencesJSON: String(decoding: text, as: UTF8.self), registeredAt: date(shown.registeredAtMs))
  }

  static func factors(_ json: Data) throws -> [Factor] { try texts(json).compactMap(Factor.init(rawValue:)) }

  static func enrollment(_ json: Data) throws -> TotpEnrollment {
    struct Shown: Decodable { let secret, uri: String }
    let shown: Shown = try decoded(json)
    return TotpEnrollment(secret: shown.secret, uri: shown.uri)
  }

  static func passkey(_ json: Data) throws -> Passkey { try decoded(json, ShownPasskey.self).api }

  static func passkeys(_ json: Data) throws -> [Passkey] { try decoded(json, [ShownPasskey].self).map(\.api) }

  static func challenge(_ json: Data) throws -> PasskeyChallenge {
    struct Shown: Decodable {
      let id, passkeyId, options: String
      let expiresAtMs: Int64?
    }
    let shown: Shown = try decoded(json)
    return PasskeyChallenge(
      id: shown.id, passkeyId: shown.passkeyId, options: shown.options, expiresAt: date(shown.expiresAtMs))
  }

  static func identities(_ json: Data) throws -> [Identity] {
    struct Shown: Decodable {
      let id, provider, providerUserId: String
      let email: String?
      let createdAtMs: Int64?
    }
    return try decoded(json, [Shown].self).map {
      Identity(
        id: $0.id, provider: $0.provider, providerUserId: $0.providerUserId, email: $0.email, createdAt: date($0.createdAtMs))
    }
  }

  static func target(_ json: Data) throws -> PushTarget {
    struct Shown: Decodable {
      let id, identifier: String
      let providerId: String?
      let expired: Bool
    }
    let shown: Shown = try decoded(json)
    return PushTarget(id: shown.id, identifier: shown.identifier, providerId: shown.providerId, expired: shown.expired)
  }

  static func diagnosis(_ json: Data) throws -> Diagnosis { try decoded(json) }

  static func numbers(_ json: Data) throws -> [String: Int] { try decoded(json) }

  fileprivate struct Unreadable: Error {}

  private static func decoded<T: Decodable>(_ json: Data, _ type: T.Type = T.self) throws -> T {
    try JSONDecoder().decode(type, from: json)
  }
}

private struct ShownUser: Decodable {
  let id, name: String
  let email: String?

  var api: User { User(id: id, name: name, email: email) }
}

private struct ShownStoredAccount: Decodable {
  let id: String
  let user: ShownUser
  let isCurrent: Bool

  var api: StoredAccount { StoredAccount(id: id, user: user.api, isCurrent: isCurrent) }
}

private struct ShownOutcome: Decodable {
  let kind: String
  let state: ShownState?

  func api() throws -> SignInOutcome {
    switch (kind, state) {
    case ("signed_in", let state?): return .signedIn(try state.api())
    case ("cancelled", _): return .cancelled
    default: throw Shown.Unreadable()
    }
  }
}

private struct ShownState: Decodable {
  let kind: String
  let reason: String?
  let factors: [String]?
  let user: ShownUser?
  let verified: Bool?

  func api() throws -> SessionState {
    switch kind {
    case "restoring": return .restoring
    case "storage_locked": return .storageLocked
    case "signed_out":
      guard let reason = reason.flatMap(SignedOutReason.init(rawValue:)) else { throw Shown.Unreadable() }
      return .signedOut(reason)
    case "mfa_required": return .mfaRequired((factors ?? []).compactMap(Factor.init(rawValue:)))
    case "signed_in":
      return .signedIn(user: user?.api, verified: verified ?? false)
    default: throw Shown.Unreadable()
    }
  }
}

private struct ShownPasskey: Decodable {
  let id, name: String
  let createdAtMs, lastUsedAtMs: Int64?

  var api: Passkey { Passkey(id: id, name: name, createdAt: date(createdAtMs), lastUsedAt: date(lastUsedAtMs)) }
}
