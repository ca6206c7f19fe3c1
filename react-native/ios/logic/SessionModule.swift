// The turbo-module that `NativeAppwriteSession.ts` specifies. Every function calls a client.

import Foundation

/// The module of one JavaScript runtime. Its arguments and results are dictionaries in the form of the spec.
///
/// Functions without a promise run on the caller's thread. They do not wait, with one exception: `createClient` waits up to one second
/// while retained clients are being closed. All functions can be called from any thread. A promise is rejected with the code, the message
/// and `NativeError`. Calls of a client that does not exist fail with the code `closed`; closing it does nothing.
final class SessionModule: Sendable {
  private let host: any ModuleHost
  private let clients: Clients
  private let calls = Calls()
  let outlet: Outlet

  /// - Parameters:
  ///   - host: The device.
  ///   - retained: The clients that are retained after a reload.
  ///   - onChange: Is called with each `NativeChange`, on any thread.
  ///   - onAccountsState: Is called with each `NativeAccountsState`, on any thread.
  ///   - onTransfer: Is called with each `NativeTransfer`, on any thread.
  init(
    host: any ModuleHost = Device(), retained: RetainedClients = .ofProcess, onChange: @escaping @Sendable ([String: Any]) -> Void,
    onAccountsState: @escaping @Sendable ([String: Any]) -> Void, onTransfer: @escaping @Sendable ([String: Any]) -> Void
  ) {
    self.host = host
    clients = Clients(host: host, retained: retained)
    outlet = Outlet(Outlet.Listeners(onChange: onChange, onAccountsState: onAccountsState, onTransfer: onTransfer))
  }

  /// The JavaScript runtime has ended: nothing is sent to it any more, its running calls are cancelled, and its clients are retained.
  func invalidate() {
    outlet.close()
    calls.cancelAll()
    clients.retainAll()
  }

  // MARK: Clients

  func createClient(_ config: [String: Any]) -> [String: Any] {
    do {
      let client = try clients.build(Configuration(Fields(config)))
      follow(client)
      return ["client": client.number]
    } catch {
      return ["client": 0, "error": Failure(error).fields]
    }
  }

  /// Tells JavaScript every change of a client.
  private func follow(_ client: Client) {
    let (number, outlet) = (client.number, outlet)
    client.follow { outlet.emit(toJavaScript($0, of: number)) }
  }

  func change(_ client: Int) -> [String: Any] {
    let never = Change(number: 0, state: .signedOut(.noSession), persistence: .memoryOnly)
    return toJavaScript(clients.change(client) ?? never, of: client)
  }

  func close(_ client: Int, _ promise: Promise) {
    complete(promise) { [clients] in
      await clients.close(client)
      return nil
    }
  }

  // MARK: Accounts

  func createAccounts(_ config: [String: Any]) -> [String: Any] {
    do {
      let opened = try clients.buildAccounts(Configuration(Fields(config)))
      let (number, outlet) = (opened.number, outlet)
      opened.follow { outlet.emitAccounts(["accounts": number, "stateJson": $0]) }
      return ["client": number]
    } catch {
      return ["client": 0, "error": Failure(error).fields]
    }
  }

  func accountsState(_ accounts: Int) -> String { clients.knownAccounts(accounts)?.accounts.stateJSON ?? "" }

  func callAccounts(_ accounts: Int, operation: String, argumentsJson: String, _ promise: Promise) {
    let opened = Result { try clients.accountsInUse(accounts) }
    complete(promise) { try await opened.get().accounts.performOperation(operation, argumentsJson) }
  }

  func openAccount(_ accounts: Int, id: String, _ promise: Promise) {
    complete(promise) { [self] in try await clients.openAccount(accounts, id, isNew: follow).number }
  }

  func closeAccounts(_ accounts: Int, _ promise: Promise) {
    complete(promise) { [clients] in
      await clients.closeAccounts(accounts)
      return nil
    }
  }

  // MARK: Where the user stands

  func restored(_ client: Int, _ promise: Promise) { done(client, promise) { _ = try await $0.restored() } }

  func resume(_ client: Int, _ promise: Promise) { done(client, promise) { try await $0.resume() } }

  func pause(_ client: Int) { try? clients.inUse(client).session.pause() }

  // MARK: Sign up, sign in, sign out

  func signUpWithEmail(_ client: Int, email: String, password: String, name: String?, _ promise: Promise) {
    with(client, promise) { toJavaScript(try await $0.signUp(email: email, password: password, name: name)) }
  }

  func signInWithEmail(_ client: Int, email: String, password: String, _ promise: Promise) {
    done(client, promise) { try await $0.signIn(email: email, password: password) }
  }

  func signInAnonymously(_ client: Int, _ promise: Promise) { done(client, promise) { try await $0.signInAnonymously() } }

  func signInWithToken(_ client: Int, userId: String, secret: String, _ promise: Promise) {
    done(client, promise) { try await $0.signIn(userId: userId, secret: secret) }
  }

  func createMfaChallenge(_ client: Int, factor: String, _ promise: Promise) {
    with(client, promise) { session in
      guard let factor = Factor(rawValue: factor) else {
        throw SessionError(.config, "factor must be one of: \(Factor.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return toJavaScript(try await session.createMfaChallenge(factor))
    }
  }

  func completeMfaChallenge(_ client: Int, challengeId: String, code: String, _ promise: Promise) {
    done(client, promise) { try await $0.completeMfaChallenge(MfaChallenge(id: challengeId), code: code) }
  }

  func importSession(_ client: Int, legacy: String, _ promise: Promise) {
    with(client, promise) { try await $0.importSession(legacy).rawValue }
  }

  func signOut(_ client: Int, _ promise: Promise) { done(client, promise) { try await $0.signOut() } }

  func signOutEverywhere(_ client: Int, _ promise: Promise) { done(client, promise) { try await $0.signOutEverywhere() } }

  // MARK: The account and its sessions

  func account(_ client: Int, _ promise: Promise) { with(client, promise) { toJavaScript(try await $0.account()) } }

  func sessions(_ client: Int, _ promise: Promise) { with(client, promise) { try await $0.sessions().map(toJavaScript) } }

  func currentSession(_ client: Int, _ promise: Promise) { with(client, promise) { toJavaScript(try await $0.currentSession()) } }

  func extendSession(_ client: Int, _ promise: Promise) { with(client, promise) { toJavaScript(try await $0.extendSession()) } }

  func revokeSession(_ client: Int, id: String, _ promise: Promise) { done(client, promise) { try await $0.revokeSession(id) } }

  // MARK: Operations by their names

  func call(_ client: Int, operation: String, argumentsJson: String, _ promise: Promise) {
    let screens = host.screens
    with(client, promise) { session in
      let result = try await session.performOperation(operation, argumentsJson)
      screens.performed(operation, argumentsJson)
      return result
    }
  }

  // MARK: The platform's screens

  func showScreen(_ screen: String, input: String, _ promise: Promise) {
    let (outlet, screens) = (outlet, host.screens)
    calls.startScreen { await outlet.complete(promise) { try await screens.show(screen, input) } }
  }

  func takeCallback(_ promise: Promise) {
    let opened = host.opened
    complete(promise) { opened.take()?.absoluteString }
  }

  // MARK: The app's own gateways

  func send(_ client: Int, call: Int, request: [String: Any], _ promise: Promise) {
    let outlet = outlet
    let request = Result {
      try clients.inUse(client).session.request(Fields(request)) { outlet.emitTransfer(toJavaScript($0, of: client, call)) }
    }
    calls.start(client, call) {
      await outlet.complete(promise) { toJavaScript(try await request.get().response()) }
    }
  }

  func cancel(_ client: Int, call: Int) { calls.cancel(client, call) }

  func authorize(_ client: Int, target: String, _ promise: Promise) {
    complete(promise) { [clients] in
      let client = try clients.inUse(client)
      let authorization = try await client.session.authorize(target)
      return toJavaScript(authorization, client.keep(authorization))
    }
  }

  func reportUnauthorized(_ client: Int, authorization: Int, _ promise: Promise) {
    complete(promise) { [clients] in
      let client = try clients.inUse(client)
      // If the authorization is not kept any more, it is not known which credential the request was sent with.
      guard let known = client.authorization(authorization) else { return Verdict.undecided.rawValue }
      return try await client.session.reportUnauthorized(known).rawValue
    }
  }

  func allowsRepetition(_ verdict: String, method: String, problemType: String?) -> Bool {
    guard let verdict = Verdict(rawValue: verdict) else { return false }
    return coreAllowsRepetition(verdict, method, problemType)
  }

  // MARK: Promises

  /// Completes a promise with the result of `work`, which does not run on the caller's thread.
  private func complete(_ promise: Promise, _ work: @escaping @Sendable () async throws -> Any?) {
    let outlet = outlet
    Task { await outlet.complete(promise, with: work) }
  }

  /// Completes a promise with the result of `work` with a client. The client is looked up immediately.
  private func with(_ client: Int, _ promise: Promise, _ work: @escaping @Sendable (SessionClient) async throws -> Any?) {
    let client = Result { try clients.inUse(client).session }
    complete(promise) { try await work(client.get()) }
  }

  /// As `with`, but resolves the promise without a value.
  private func done<T>(_ client: Int, _ promise: Promise, _ work: @escaping @Sendable (SessionClient) async throws -> T) {
    with(client, promise) {
      _ = try await work($0)
      return nil
    }
  }
}

/// The core's rule. A member of the class has the same name, so it is called here.
private func coreAllowsRepetition(_ verdict: Verdict, _ method: String, _ problemType: String?) -> Bool {
  allowsRepetition(verdict: verdict.ffi, method: method, problemType: problemType)
}
