// The configuration of a client: `NativeConfig` of the spec, as a value that can be compared.

import Foundation

/// The configuration of one client.
struct Configuration: Sendable, Equatable {
  /// Identifies a session. After a reload there are never two clients of one place.
  struct Place: Sendable, Equatable {
    let endpoint: String
    let project: String
    let accountSlot: String
  }

  /// How often the user must confirm with biometrics or the device passcode, and the texts of the dialog.
  struct Presence: Sendable, Equatable {
    let policy: PresencePolicy
    let title: String
    let subtitle: String?
    let cancel: String
  }

  private let endpoint: String
  private let project: String
  private let gateways: [Gateway]
  private let accountSlot: String?
  private let persistence: Persistence
  private let readOnly: Bool
  private let keychainAccessGroup: String?
  private let forgetAfterReinstall: Bool
  private let presence: Presence?
  private let connectTimeout: TimeInterval?
  private let idleTimeout: TimeInterval?
  private let totalTimeout: TimeInterval?
  private let attempts: Int?
  private let responseLimit: Int?
  private let rootCertificates: [Data]

  /// Reads an object of JavaScript.
  ///
  /// - Throws: ``SessionError`` with the code `config` for an unknown name. Other mistakes are reported when the client is built.
  init(_ fields: Fields) throws {
    endpoint = fields.text("endpoint")
    project = fields.text("project")
    gateways = try fields.objects("gateways").map { gateway in
      let carrier = try gateway.choice(
        "carrier",
        of: [
          "cookie": Carrier.cookie, "fallback_cookies": .fallbackCookies, "session_header": .sessionHeader,
          "access_token": .accessToken, "appwrite_jwt": .appwriteJWT, "appwrite_jwt_header": .appwriteJWTHeader,
        ])
      return Gateway(gateway.text("url"), carrier: carrier)
    }
    accountSlot = fields.optional("accountSlot")
    persistence = try fields.choice("persistence", of: ["durable": Persistence.durable, "memory_only": .memoryOnly])
    readOnly = fields.flag("readOnly")
    keychainAccessGroup = fields.optional("keychainAccessGroup")
    forgetAfterReinstall = fields.flag("forgetAfterReinstall")
    presence = try fields.object("presence").map(Presence.init)
    connectTimeout = fields.seconds("connectTimeoutMs")
    idleTimeout = fields.seconds("idleTimeoutMs")
    totalTimeout = fields.seconds("totalTimeoutMs")
    attempts = fields.count("attempts", upTo: 1000)
    responseLimit = fields.count("responseLimit")
    rootCertificates = fields.texts("rootCertificates").map { Data($0.utf8) }
  }

  /// The place of its session.
  var place: Place {
    // As the core reads them: another spelling is not another place.
    var endpoint = endpoint.lowercased()
    while endpoint.last == "/" { endpoint.removeLast() }
    return Place(endpoint: endpoint, project: project, accountSlot: accountSlot ?? "default")
  }

  /// Builds a client.
  ///
  /// - Throws: ``SessionError`` with the code `config`, whose message says what to write instead.
  func client(on host: any ModuleHost) throws -> SessionClient {
    try SessionClient(
      endpoint: endpoint, project: project, gateways: gateways, store: store(on: host), accountSlot: accountSlot,
      options: options(on: host))
  }

  /// Builds accounts.
  ///
  /// - Throws: ``SessionError`` with the code `config`, whose message says what to write instead.
  func accounts(on host: any ModuleHost) throws -> Accounts {
    try Accounts(endpoint: endpoint, project: project, gateways: gateways, store: store(on: host), options: options(on: host))
  }

  private func store(on host: any ModuleHost) -> (any SecureStore)? {
    if persistence == .memoryOnly { return MemoryStore() }
    return host.store
  }

  private func options(on host: any ModuleHost) -> SessionClient.Options {
    var options = SessionClient.Options()
    options.connectTimeout = connectTimeout
    options.idleTimeout = idleTimeout
    options.totalTimeout = totalTimeout
    options.attempts = attempts
    options.responseLimit = responseLimit
    options.rootCertificates = rootCertificates
    options.keychainAccessGroup = keychainAccessGroup
    options.readOnly = readOnly
    if forgetAfterReinstall { options.installationMarker = place.marker(below: host.folder) }
    if let presence { options.requirePresence(presence.policy, host.user(presence)) }
    return options
  }
}

extension Configuration.Place {
  /// The file that marks this installation. There is one for each place, so that no client writes the file of another.
  func marker(below folder: URL) -> URL {
    [endpoint, project, "\(accountSlot)"].map(escaped).reduce(folder) { $0.appendingPathComponent($1) }
      .appendingPathExtension("installation")
  }

  /// A name for a file: letters, digits and dashes stay, every other byte is written as its number.
  private func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      let character = Character(UnicodeScalar(byte))
      let plain = character == "-" || (character.isASCII && (character.isLetter || character.isNumber))
      return plain ? String(character) : "_\(String(byte, radix: 16))"
    }.joined()
  }
}

extension Configuration.Presence {
  fileprivate init(_ fields: Fields) throws {
    let timeout = fields.seconds("timeoutMs") ?? 0
    policy = try fields.choice(
      "policy",
      of: [
        "default": PresencePolicy.default, "always": .always, "session": .session(timeout), "lifecycle": .lifecycle(timeout),
      ])
    title = fields.text("title")
    subtitle = fields.optional("subtitle")
    cancel = fields.text("cancel")
    // Without a text the platform's dialog crashes the app.
    guard !title.isEmpty, !cancel.isEmpty else {
      throw SessionError(.config, "presence needs a title and a label for the cancel button, which the dialog shows")
    }
  }
}
