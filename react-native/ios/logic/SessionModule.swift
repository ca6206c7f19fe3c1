// The turbo-module, as `NativeAppwriteSession.ts` says: every function hands its work to a client.

import Foundation

/// The module of one JavaScript: dictionaries in and out, in the form of the spec.
///
/// Only what the spec has without a promise is done on the caller's thread; it waits for nothing, but for a second at most when a client
/// of before has to be closed. All functions can be called from any thread. A promise fails with the error's code, its text and
/// `NativeError`; one that is about a client that is not there with the code `closed`, except that closing it once more does nothing.
final class SessionModule: Sendable {
  private let clients: Clients
  private let calls = Calls()
  let outlet: Outlet

  /// - Parameters:
  ///   - host: The device.
  ///   - leftBehind: Where clients wait for the next JavaScript.
  ///   - onChange: Is given each `NativeChange`, on any thread.
  init(
    host: any ModuleHost = Device(), leftBehind: LeftBehind = .ofProcess, onChange: @escaping @Sendable ([String: Any]) -> Void
  ) {
    clients = Clients(host: host, leftBehind: leftBehind)
    outlet = Outlet(onChange)
  }

  /// JavaScript is gone: it hears nothing more, its calls under way are cancelled, and its clients are left behind.
  func invalidate() {
    outlet.close()
    calls.cancelAll()
    clients.leave()
  }

  // MARK: Clients

  func createClient(_ config: [String: Any]) -> [String: Any] {
    do {
      let client = try clients.build(Configuration(Fields(config)))
      let (number, outlet) = (client.number, outlet)
      client.follow { outlet.tell(told($0, of: number)) }
      return ["client": number]
    } catch {
      return ["client": 0, "error": Failure(error).fields]
    }
  }

  func change(_ client: Int) -> [String: Any] {
    let never = Change(number: 0, state: .signedOut(.noSession), persistence: .memoryOnly)
    return told(clients.change(client) ?? never, of: client)
  }

  func close(_ client: Int, _ promise: Promise) {
    settle(promise) { [clients] in
      await clients.close(client)
      return nil
    }
  }

  func restored(_ client: Int, _ promise: Promise) { done(client, promise) { _ = try await $0.restored() } }

  func resume(_ client: Int, _ promise: Promise) { done(client, promise) { try await $0.resume() } }

  func pause(_ client: Int) { try? clients.inUse(client).session.pause() }

  // MARK: Sign up, sign in, sign out

  func signUpWithEmail(_ client: Int, email: String, password: String, name: String?, _ promise: Promise) {
    with(client, promise) { told(try await $0.signUp(email: email, password: password, name: name)) }
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
        throw SessionError(.config, "factor is one of: \(Factor.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return told(try await session.createMfaChallenge(factor))
    }
  }

  func completeMfaChallenge(_ client: Int, challengeId: String, code: String, _ promise: Promise) {
    done(client, promise) { try await $0.completeMfaChallenge(MfaChallenge(id: challengeId), code: code) }
  }

  func importSession(_ client: Int, left: String, _ promise: Promise) {
    with(client, promise) { try await $0.importSession(left).rawValue }
  }

  func signOut(_ client: Int, _ promise: Promise) { done(client, promise) { try await $0.signOut() } }

  func signOutEverywhere(_ client: Int, _ promise: Promise) { done(client, promise) { try await $0.signOutEverywhere() } }

  // MARK: The account and its sessions

  func account(_ client: Int, _ promise: Promise) { with(client, promise) { told(try await $0.account()) } }

  func sessions(_ client: Int, _ promise: Promise) { with(client, promise) { try await $0.sessions().map(told) } }

  func currentSession(_ client: Int, _ promise: Promise) { with(client, promise) { told(try await $0.currentSession()) } }

  func extendSession(_ client: Int, _ promise: Promise) { with(client, promise) { told(try await $0.extendSession()) } }

  func revokeSession(_ client: Int, id: String, _ promise: Promise) { done(client, promise) { try await $0.revokeSession(id) } }

  // MARK: The app's own gateways

  func send(_ client: Int, call: Int, request: [String: Any], _ promise: Promise) {
    let outlet = outlet
    let request = Result { try clients.inUse(client).session.request(Fields(request)) }
    calls.start(client, call) {
      await outlet.settle(promise) { told(try await request.get().response()) }
    }
  }

  func cancel(_ client: Int, call: Int) { calls.cancel(client, call) }

  func authorize(_ client: Int, target: String, _ promise: Promise) {
    settle(promise) { [clients] in
      let client = try clients.inUse(client)
      let authorization = try await client.session.authorize(target)
      return ["authorization": client.keep(authorization), "headers": told(authorization.headers)]
    }
  }

  func reportUnauthorized(_ client: Int, authorization: Int, _ promise: Promise) {
    settle(promise) { [clients] in
      let client = try clients.inUse(client)
      if let known = client.authorization(authorization) { try await client.session.reportUnauthorized(known) }
      return nil
    }
  }

  // MARK: Promises

  /// Settles a promise with what comes of `work`, on no thread of the caller's.
  private func settle(_ promise: Promise, _ work: @escaping @Sendable () async throws -> Any?) {
    let outlet = outlet
    Task { await outlet.settle(promise, with: work) }
  }

  /// Settles a promise with what `work` returns of a client. Whether it is there is found out at once.
  private func with(_ client: Int, _ promise: Promise, _ work: @escaping @Sendable (SessionClient) async throws -> Any?) {
    let client = Result { try clients.inUse(client).session }
    settle(promise) { try await work(client.get()) }
  }

  /// As `with`, of what returns nothing that JavaScript is told: it reads the state by itself.
  private func done<T>(_ client: Int, _ promise: Promise, _ work: @escaping @Sendable (SessionClient) async throws -> T) {
    with(client, promise) {
      _ = try await work($0)
      return nil
    }
  }
}

extension SessionClient {
  /// The call that `NativeRequest` describes.
  ///
  /// - Throws: ``SessionError`` with the code `config` if the body says that it is base64 and is not.
  fileprivate func request(_ fields: Fields) throws -> GatewayRequest {
    var request = request(fields.text("method"), fields.text("target"))
    for header in fields.objects("headers") { request.addHeader(header.text("name"), header.text("value")) }
    let body = fields.text("body")
    if fields.flag("bodyIsBase64") {
      guard let bytes = Data(base64Encoded: body) else { throw SessionError(.config, "the body is not base64") }
      request.body = bytes
    } else {
      request.body = Data(body.utf8)
    }
    request.timeout = fields.seconds("timeoutMs")
    request.isIdempotent = fields.flag("repeatable")
    return request
  }
}
