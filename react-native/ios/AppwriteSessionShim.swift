// The interface for the Objective-C++ of the turbo-module.

import Foundation

/// The turbo-module in Swift, with the selectors of React Native's protocol. It only forwards calls.
@objc(AppwriteSessionShim)
public final class AppwriteSessionShim: NSObject, Sendable {
  /// Resolves a promise of JavaScript.
  public typealias Resolve = @Sendable (Any?) -> Void
  /// Rejects a promise of JavaScript with a code, a message, and an error whose `userInfo` contains details.
  public typealias Reject = @Sendable (String?, String?, (any Error)?) -> Void

  private let module: SessionModule

  /// The module of one JavaScript runtime. `onChange` is called with each change of its clients, `onAccountsState` with each state of its
  /// accounts, and `onTransfer` with each transfer of its calls, on any thread.
  @objc(initWithOnChange:onAccountsState:onTransfer:)
  public init(
    onChange: @escaping @Sendable ([String: Any]) -> Void, onAccountsState: @escaping @Sendable ([String: Any]) -> Void,
    onTransfer: @escaping @Sendable ([String: Any]) -> Void
  ) {
    module = SessionModule(onChange: onChange, onAccountsState: onAccountsState, onTransfer: onTransfer)
  }

  /// The JavaScript runtime has ended.
  @objc(invalidate)
  public func invalidate() { module.invalidate() }

  // The following functions are those with the same names in `NativeAppwriteSession.ts`.

  /// Builds a client.
  @objc(createClient:)
  public func createClient(_ config: [String: Any]) -> [String: Any] { module.createClient(config) }

  /// The last change of a client.
  @objc(change:)
  public func change(_ client: Int) -> [String: Any] { module.change(client) }

  /// Closes a client.
  @objc(close:resolve:reject:)
  public func close(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.close(client, Promise(resolve: resolve, reject: reject))
  }

  /// Builds accounts.
  @objc(createAccounts:)
  public func createAccounts(_ config: [String: Any]) -> [String: Any] { module.createAccounts(config) }

  /// The state of accounts as JSON.
  @objc(accountsState:)
  public func accountsState(_ accounts: Int) -> String { module.accountsState(accounts) }

  /// Performs an operation of accounts by its name. Resolves to JSON.
  @objc(callAccounts:operation:argumentsJson:resolve:reject:)
  public func callAccounts(
    _ accounts: Int, operation: String, argumentsJson: String, resolve: @escaping Resolve, reject: @escaping Reject
  ) {
    module.callAccounts(accounts, operation: operation, argumentsJson: argumentsJson, Promise(resolve: resolve, reject: reject))
  }

  /// The number of the client of an account.
  @objc(openAccount:id:resolve:reject:)
  public func openAccount(_ accounts: Int, id: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.openAccount(accounts, id: id, Promise(resolve: resolve, reject: reject))
  }

  /// Closes accounts and their clients.
  @objc(closeAccounts:resolve:reject:)
  public func closeAccounts(_ accounts: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.closeAccounts(accounts, Promise(resolve: resolve, reject: reject))
  }

  /// Waits until the store has been read.
  @objc(restored:resolve:reject:)
  public func restored(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.restored(client, Promise(resolve: resolve, reject: reject))
  }

  /// Retries pending work.
  @objc(resume:resolve:reject:)
  public func resume(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.resume(client, Promise(resolve: resolve, reject: reject))
  }

  /// Says that the app is in the background.
  @objc(pause:)
  public func pause(_ client: Int) { module.pause(client) }

  /// Creates a user.
  @objc(signUpWithEmail:email:password:name:resolve:reject:)
  public func signUpWithEmail(
    _ client: Int, email: String, password: String, name: String?, resolve: @escaping Resolve, reject: @escaping Reject
  ) {
    module.signUpWithEmail(client, email: email, password: password, name: name, Promise(resolve: resolve, reject: reject))
  }

  /// Signs in with e-mail and password.
  @objc(signInWithEmail:email:password:resolve:reject:)
  public func signInWithEmail(_ client: Int, email: String, password: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.signInWithEmail(client, email: email, password: password, Promise(resolve: resolve, reject: reject))
  }

  /// Signs in as a new anonymous user.
  @objc(signInAnonymously:resolve:reject:)
  public func signInAnonymously(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.signInAnonymously(client, Promise(resolve: resolve, reject: reject))
  }

  /// Signs in with a token of the app's server.
  @objc(signInWithToken:userId:secret:resolve:reject:)
  public func signInWithToken(_ client: Int, userId: String, secret: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.signInWithToken(client, userId: userId, secret: secret, Promise(resolve: resolve, reject: reject))
  }

  /// Creates a challenge of a second factor.
  @objc(createMfaChallenge:factor:resolve:reject:)
  public func createMfaChallenge(_ client: Int, factor: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.createMfaChallenge(client, factor: factor, Promise(resolve: resolve, reject: reject))
  }

  /// Completes a challenge.
  @objc(completeMfaChallenge:challengeId:code:resolve:reject:)
  public func completeMfaChallenge(_ client: Int, challengeId: String, code: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.completeMfaChallenge(client, challengeId: challengeId, code: code, Promise(resolve: resolve, reject: reject))
  }

  /// Takes over a legacy session.
  @objc(importSession:legacy:resolve:reject:)
  public func importSession(_ client: Int, legacy: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.importSession(client, legacy: legacy, Promise(resolve: resolve, reject: reject))
  }

  /// Signs out on this device.
  @objc(signOut:resolve:reject:)
  public func signOut(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.signOut(client, Promise(resolve: resolve, reject: reject))
  }

  /// Signs out on all devices.
  @objc(signOutEverywhere:resolve:reject:)
  public func signOutEverywhere(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.signOutEverywhere(client, Promise(resolve: resolve, reject: reject))
  }

  /// The account of the user.
  @objc(account:resolve:reject:)
  public func account(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.account(client, Promise(resolve: resolve, reject: reject))
  }

  /// All sessions of the user.
  @objc(sessions:resolve:reject:)
  public func sessions(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.sessions(client, Promise(resolve: resolve, reject: reject))
  }

  /// The session of this device.
  @objc(currentSession:resolve:reject:)
  public func currentSession(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.currentSession(client, Promise(resolve: resolve, reject: reject))
  }

  /// Extends the session of this device.
  @objc(extendSession:resolve:reject:)
  public func extendSession(_ client: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.extendSession(client, Promise(resolve: resolve, reject: reject))
  }

  /// Revokes a session.
  @objc(revokeSession:id:resolve:reject:)
  public func revokeSession(_ client: Int, id: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.revokeSession(client, id: id, Promise(resolve: resolve, reject: reject))
  }

  /// Performs an operation by its name. Resolves to JSON.
  @objc(call:operation:argumentsJson:resolve:reject:)
  public func call(_ client: Int, operation: String, argumentsJson: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.call(client, operation: operation, argumentsJson: argumentsJson, Promise(resolve: resolve, reject: reject))
  }

  /// Shows one of the platform's screens. Resolves to JSON, or to nothing if the user closed it.
  @objc(showScreen:input:resolve:reject:)
  public func showScreen(_ screen: String, input: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.showScreen(screen, input: input, Promise(resolve: resolve, reject: reject))
  }

  /// The URL that opened the app, once.
  @objc(takeCallback:reject:)
  public func takeCallback(resolve: @escaping Resolve, reject: @escaping Reject) {
    module.takeCallback(Promise(resolve: resolve, reject: reject))
  }

  /// Sends a call of a gateway.
  @objc(send:call:request:resolve:reject:)
  public func send(_ client: Int, call: Int, request: [String: Any], resolve: @escaping Resolve, reject: @escaping Reject) {
    module.send(client, call: call, request: request, Promise(resolve: resolve, reject: reject))
  }

  /// Aborts a call.
  @objc(cancel:call:)
  public func cancel(_ client: Int, call: Int) { module.cancel(client, call: call) }

  /// The headers for a request that the app sends by itself.
  @objc(authorize:target:resolve:reject:)
  public func authorize(_ client: Int, target: String, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.authorize(client, target: target, Promise(resolve: resolve, reject: reject))
  }

  /// Reports a 401 to such a request. Resolves to the name of the verdict.
  @objc(reportUnauthorized:authorization:resolve:reject:)
  public func reportUnauthorized(_ client: Int, authorization: Int, resolve: @escaping Resolve, reject: @escaping Reject) {
    module.reportUnauthorized(client, authorization: authorization, Promise(resolve: resolve, reject: reject))
  }

  /// Whether a refused request may be sent once more.
  @objc(allowsRepetition:method:problemType:)
  public func allowsRepetition(_ verdict: String, method: String, problemType: String?) -> NSNumber {
    NSNumber(value: module.allowsRepetition(verdict, method: method, problemType: problemType))
  }
}
