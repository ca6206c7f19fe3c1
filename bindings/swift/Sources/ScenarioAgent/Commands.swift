// The commands, each with the one call of the API that it stands for.

import AppwriteSession
import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A client, and the states that its observer has heard.
private final class Observed: @unchecked Sendable {
  let client: SessionClient
  private let lock = NSLock()
  private var states: [SessionState] = []

  init(_ client: SessionClient) {
    self.client = client
    let stream = client.states
    Task { for await state in stream { lock.withLock { states.append(state) } } }
  }

  var heard: [SessionState] { lock.withLock { states } }
}

/// The device's user, who answers as told.
private final class AskedUser: UserPresence, @unchecked Sendable {
  private let lock = NSLock()
  private var present = true
  private var times = 0

  var isPresent: Bool {
    get { lock.withLock { present } }
    set { lock.withLock { present = newValue } }
  }

  var asked: Int { lock.withLock { times } }

  func confirm() -> Bool {
    lock.withLock {
      times += 1
      return present
    }
  }
}

final class Commands: @unchecked Sendable {
  private let lock = NSLock()
  private var clients: [String: Observed] = [:]
  private var accounts: Accounts?
  private var stores: [String: Device] = [:]
  private let user = AskedUser()
  private let transfers = Transfers()
  private let surroundings: any Surroundings
  /// Where the markers of installations are.
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init(_ surroundings: any Surroundings) { self.surroundings = surroundings }

  func answer(_ command: Command) async {
    do {
      Answers.send(command.id, "ok", try await carryOut(command))
    } catch let unknown as UnknownCommand {
      Answers.send(command.id, "unknown", unknown.name)
    } catch let error as SessionError {
      Answers.send(command.id, "error", told(error))
    } catch {
      Answers.send(command.id, "cancelled", true)
    }
  }

  private func carryOut(_ command: Command) async throws -> Any {
    switch command.name {
    case "store":
      store(command.text("store")).setFault(command.optional("fault"))
      return NSNull()
    case "user":
      user.isPresent = command.flag("present")
      return NSNull()
    case "asked":
      return user.asked
    case "build":
      let built = built(command)
      let client = try SessionClient(
        endpoint: command.text("endpoint"), project: command.text("project"), gateways: built.gateways, store: built.store,
        accountSlot: command.optional("slot"), options: built.options)
      observe(client, command)
      return NSNull()
    case "build_accounts":
      let built = built(command)
      let accounts = try Accounts(
        endpoint: command.text("endpoint"), project: command.text("project"), gateways: built.gateways, store: built.store,
        options: built.options)
      lock.withLock { self.accounts = accounts }
      return NSNull()
    case "next", "end_stream":
      return try await transfers.carryOut(command)
    case "file":
      return try transfers.file(command)
    case "account_operations":
      return AccountOperations.all.keys.sorted()
    case "accounts", "accounts_state", "close_accounts":
      guard let accounts = lock.withLock({ accounts }) else { throw UnknownCommand(name: "accounts") }
      return try await withAccounts(accounts, command)
    default:
      if let answer = try await surroundings.carryOut(command) { return answer }
      guard let observed = lock.withLock({ clients[command.text("client")] }) else { throw UnknownCommand(name: "client") }
      return try await withClient(command, observed)
    }
  }

  private func store(_ name: String) -> Device {
    lock.withLock {
      let device = stores[name] ?? Device()
      stores[name] = device
      return device
    }
  }

  private func withAccounts(_ accounts: Accounts, _ command: Command) async throws -> Any {
    switch command.name {
    case "accounts_state": return accounts.state.map(shown) ?? NSNull()
    case "close_accounts":
      await accounts.close()
      return NSNull()
    default:
      guard let perform = AccountOperations.all[command.text("name")] else { throw UnknownCommand(name: command.text("name")) }
      return try await perform(accounts, Arguments(command.list("args"))) { self.observe($0, command) }
    }
  }

  /// Makes a client known under the command's name for it, and listens to it.
  private func observe(_ client: SessionClient, _ command: Command) {
    let observed = Observed(client)
    lock.withLock { clients[command.text("client")] = observed }
  }

  private func built(_ command: Command) -> (gateways: [Gateway], store: Device, options: SessionClient.Options) {
    var options = SessionClient.Options()
    options.attempts = command.int("attempts")
    options.totalTimeout = command.int("totalTimeoutMs").map { Double($0) / 1000 }
    options.readOnly = command.flag("readOnly")
    options.installationMarker = command.optional("installation").map(folder.appendingPathComponent)
    if let presence = command.object("presence") {
      let timeout = (presence["timeoutMs"] as? Double ?? 0) / 1000
      let policies: [String: PresencePolicy] = [
        "default": .default, "always": .always, "session": .session(timeout), "lifecycle": .lifecycle(timeout),
      ]
      options.requirePresence(policies[presence["policy"] as? String ?? ""] ?? .default, user)
    }
    let gateways = command.objects("gateways").map { each in
      let carriers: [String: Carrier] = [
        "fallback_cookies": .fallbackCookies, "session_header": .sessionHeader, "access_token": .accessToken,
        "appwrite_jwt": .appwriteJWT, "appwrite_jwt_header": .appwriteJWTHeader,
      ]
      return Gateway(each["url"] ?? "", carrier: carriers[each["carrier"] ?? ""] ?? .cookie)
    }
    return (gateways, store(command.text("store")), options)
  }

  private func withClient(_ command: Command, _ observed: Observed) async throws -> Any {
    let client = observed.client
    let text = command.text
    switch command.name {
    case "restored": return told(try await client.restored())
    case "resume": return told(try await client.resume())
    case "state": return told(client.state)
    case "pause":
      client.pause()
      return NSNull()
    case "persistence": return client.persistence.rawValue
    case "changes": return observed.heard.map(told)
    case "sign_up_with_email":
      return told(
        try await client.signUp(email: text("email"), password: text("password"), name: command.optional("name")))
    case "sign_in_with_email":
      return told(try await client.signIn(email: text("email"), password: text("password")))
    case "sign_in_anonymously": return told(try await client.signInAnonymously())
    case "sign_in_with_token": return told(try await client.signIn(userId: text("userId"), secret: text("secret")))
    case "create_mfa_challenge":
      guard let factor = Factor(rawValue: text("factor")) else { throw UnknownCommand(name: "factor") }
      return ["id": try await client.createMfaChallenge(factor).id]
    case "complete_mfa_challenge":
      return told(try await client.completeMfaChallenge(MfaChallenge(id: text("challenge")), code: text("code")))
    case "sign_out": return try await done { try await client.signOut() }
    case "sign_out_everywhere": return try await done { try await client.signOutEverywhere() }
    case "import": return try await client.importSession(text("left")).rawValue
    case "account": return told(try await client.account())
    case "sessions": return try await client.sessions().map(told)
    case "current_session": return told(try await client.currentSession())
    case "extend_session": return told(try await client.extendSession())
    case "revoke_session": return try await done { try await client.revokeSession(text("session")) }
    case "call": return try await call(client, command)
    case "download": return try await transfers.download(client, command)
    case "open": return try await transfers.open(client, command)
    case "events": return try await transfers.events(client, command)
    case "native_call": return try await nativeCall(client, command)
    case "operations": return Operations.all.keys.sorted()
    case "operation":
      guard let perform = Operations.all[text("name")] else { throw UnknownCommand(name: text("name")) }
      return try await perform(client, Arguments(command.list("args")))
    case "close": return await close(client)
    default: throw UnknownCommand(name: command.name)
    }
  }

  private func call(_ client: SessionClient, _ command: Command) async throws -> Any {
    var request = client.request(command.optional("method") ?? "GET", command.text("target"))
    request.headers = command.texts("headers").map { (name: $0.key, value: $0.value) }
    request.body = Data(command.text("body").utf8)
    request.timeout = command.int("timeoutMs").map { Double($0) / 1000 }
    request.isIdempotent = command.flag("repeatable")
    return try await transfers.send(request, command)
  }

  /// A call with URLSession.
  private func nativeCall(_ client: SessionClient, _ command: Command) async throws -> Any {
    guard let url = URL(string: command.text("target")) else { throw UnknownCommand(name: "target") }
    var request = URLRequest(url: url)
    request.httpMethod = command.text("method")
    let (data, response) = try await AuthorizedURLSession(client, configuration: surroundings.configuration).data(for: request)
    return told(status: response.statusCode, body: data)
  }

  private func close(_ client: SessionClient) async -> Any {
    await client.close()
    return NSNull()
  }

  private func done(_ call: () async throws -> Void) async throws -> Any {
    try await call()
    return NSNull()
  }
}
