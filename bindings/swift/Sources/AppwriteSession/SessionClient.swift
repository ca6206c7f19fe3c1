import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// One login to Appwrite, kept in the secure store and carried to the app's own gateways.
///
/// All methods can be called from any task at any time. Those that change the session run to their end even when the task that
/// waits for them is cancelled: the waiter gets a `CancellationError`, and a sign-in still ends stored or revoked, never in between.
///
/// ```swift
/// let session = try SessionClient(
///   endpoint: "https://fra.cloud.appwrite.io/v1", project: "my-project", gateways: ["https://api.example.com"])
/// ```
public final class SessionClient: Sendable, CustomReflectable {
  let core: CoreClient
  private let store: HostStoreAdapter?
  /// Nil for a client of ``Accounts``, which follow the network for all of theirs.
  private let network: NetworkFollower?
  /// What keeps this client's session apart from others of the same project: the id of its account, where the app has several
  /// (``Accounts``).
  public let accountSlot: String

  /// Makes a client, which begins to read its store at once, in the background. Makes no request.
  ///
  /// - Parameters:
  ///   - endpoint: Where Appwrite is; it ends in `/v1`.
  ///   - project: The project's id.
  ///   - gateways: The allowed gateways; the first is the default, which calls with a path go to.
  ///   - store: Where the session is kept, in place of the platform's own secure store.
  ///   - accountSlot: Keeps this client's session apart from others of the same project, for apps with several accounts.
  ///   - options: Timeouts, retries and further root certificates.
  /// - Throws: ``SessionError`` with the code `config`, whose description says what to write instead.
  public convenience init(
    endpoint: String, project: String, gateways: [Gateway] = [], store: (any SecureStore)? = nil,
    accountSlot: String? = nil, options: Options = Options()
  ) throws {
    let store = store.map(HostStoreAdapter.init)
    let presence = options.presence.map { HostPresenceAdapter($0.user) }
    let options = options.ffi(endpoint: endpoint, project: project, gateways: gateways, accountSlot: accountSlot)
    let core = try translating {
      try CoreClient(options: options, store: store, trust: nil, presence: presence)
    }
    let network = NetworkFollower { [weak core] in core?.networkChanged() }
    self.init(core: core, store: store, accountSlot: accountSlot ?? "default", network: network)
  }

  /// A client that the core has.
  init(core: CoreClient, store: HostStoreAdapter?, accountSlot: String, network: NetworkFollower? = nil) {
    self.core = core
    self.store = store
    self.network = network
    self.accountSlot = accountSlot
  }

  /// What can be left at its default: times in seconds, and more.
  public struct Options: Sendable {
    /// Until a connection stands, TLS included. 10 seconds if not set.
    public var connectTimeout: TimeInterval?
    /// Without a single byte in either direction. 30 seconds if not set.
    public var idleTimeout: TimeInterval?
    /// For a whole call: attempts, redirects, the answer's body and the arbitration of a 401. 60 seconds if not set.
    public var totalTimeout: TimeInterval?
    /// How often an idempotent call is tried, the first time included. 3 if not set.
    public var attempts: Int?
    /// How many bytes the body of a gateway's answer may have. It is held in memory. A longer one is an error with the code
    /// `responseTooLarge`.
    public var responseLimit: Int?
    /// Root certificates in PEM that are trusted beside the platform's own.
    public var rootCertificates: [Data] = []
    /// Which keys the server of Appwrite may have, in addition to the usual judgement of its certificates. Those of a gateway are in
    /// ``Gateway``.
    public var endpointPins: Pins?
    /// The proxy that all requests go through. Without one they go to the servers themselves.
    public var proxy: Proxy?

    /// On iOS: keeps the session in this Keychain access group, such as `ABCDE12345.com.example.shared`, so that the app's extensions
    /// find it there. The entitlements of all of them must list it. With a store of your own it has no meaning.
    public var keychainAccessGroup: String?
    /// Makes a client for an extension or a second process of the app: it uses the session that the app left in the store, notices at
    /// ``SessionClient/resume()`` and at a gateway's 401 that the app changed it, and never writes. Signing in and out fails with the
    /// code `config`.
    public var readOnly = false
    /// Forgets a session that an earlier installation of the app left, and revokes it. iOS keeps the Keychain when an app is removed, so
    /// that its next user could find the last one signed in.
    ///
    /// It is where a small file goes that is removed with the app, such as in its Application Support folder. A session that was stored
    /// before the app asked for this is kept, and while the file or the store cannot be read nothing is decided.
    public var installationMarker: URL?
    var presence: (policy: PresencePolicy, user: any UserPresence)?

    /// Requires biometrics or the device passcode before the session is used: for gateway calls, `authorize` and calls about the
    /// account.
    ///
    /// A call that the user does not confirm fails with the code `presenceRequired`. The user is not asked for a restore, a sign-in or
    /// a sign-out, nor while the app is in the background, see ``SessionClient/pause()``.
    ///
    /// - Parameters:
    ///   - policy: How long a confirmation is valid.
    ///   - user: How the user is asked.
    public mutating func requirePresence(_ policy: PresencePolicy, _ user: any UserPresence) { presence = (policy, user) }

    /// The defaults.
    public init() {}

    func ffi(endpoint: String, project: String, gateways: [Gateway], accountSlot: String?) -> ClientOptions {
      ClientOptions(
        endpoint: endpoint, project: project, gateways: gateways.map(\.ffi), accountSlot: accountSlot,
        persistence: .durable, keychainAccessGroup: keychainAccessGroup, readOnly: readOnly,
        installationMarker: installationMarker?.path, presencePolicy: presence?.policy.ffi ?? .default,
        connectTimeoutMs: connectTimeout.map(milliseconds),
        idleTimeoutMs: idleTimeout.map(milliseconds), totalTimeoutMs: totalTimeout.map(milliseconds),
        attempts: attempts.map { UInt32(clamping: max(1, $0)) },
        responseLimit: responseLimit.map { UInt64(clamping: max(0, $0)) }, rootCertificates: rootCertificates,
        endpointPins: endpointPins?.ffi, proxy: proxy?.ffi)
    }
  }

  // MARK: Where the user stands

  /// Where the user stands now. Never waits.
  public var state: SessionState { core.change().state.api }

  /// How safe the session is now: whether the next process will find it. Never waits.
  public var persistence: Persistence { core.change().persistence.api }

  /// The last change: state, persistence and number, taken together. Never waits.
  public var change: Change { core.change().api }

  /// The current state first, then every state that differs from the one before it. Each call makes a stream of its own, which ends
  /// when the client is closed, or when nobody holds the client any more: a stream does not keep its client.
  public var states: AsyncStream<SessionState> {
    stream {
      var last: SessionState?
      return { change in
        defer { last = change.state }
        return change.state == last ? nil : change.state
      }
    }
  }

  /// Every change in order and numbered, the current state first. Otherwise as ``states``.
  public var changes: AsyncStream<Change> { stream { { $0 } } }

  /// A stream of what the function that `begin` makes for it gives for each change; nothing for one that is to be left out.
  private func stream<T: Sendable>(_ begin: @escaping @Sendable () -> (Change) -> T?) -> AsyncStream<T> {
    let changes = core.changes()
    return AsyncStream { continuation in
      Task.detached {
        let part = begin()
        while let change = await changes.next() {
          if let element = part(change.api) { continuation.yield(element) }
        }
        continuation.finish()
      }
      continuation.onTermination = { _ in changes.end() }
    }
  }

  /// Where the user stands once the secure store has been read. Waits for the store only, never for the network.
  public func restored() async throws -> SessionState { try await run { try await $0.restored().api } }

  /// Retries pending work now: reads a locked store again, saves an unsaved session, sends queued revocations. Call it when the device
  /// is unlocked or the app comes to the foreground; the client also retries by itself.
  @discardableResult
  public func resume() async throws -> SessionState { try await run { try await $0.resume().api } }

  /// Says that the app goes to the background, until ``resume()``: meanwhile the user is not asked for biometrics or the device
  /// passcode, and calls that would need it fail. Without ``Options/requirePresence(_:_:)`` it does nothing.
  public func pause() { core.pause() }

  /// Says that the device is in another network, such as from Wi-Fi to mobile data: idle connections are dropped, so that no request from now
  /// on waits for one that is dead, and what waits for a network is tried now. Never waits, and does nothing on a closed client.
  ///
  /// On Apple's systems the client notices by itself. Call it elsewhere.
  public func networkChanged() { core.networkChanged() }

  // MARK: Sign up, sign in, sign out

  /// Creates a user. Does not sign in.
  ///
  /// - Throws: ``SessionError`` with the code `alreadyExists`, or `invalidInput` for a malformed e-mail or a password of other than 8
  ///   to 256 characters.
  public func signUp(email: String, password: String, name: String? = nil) async throws -> Account {
    try await run { try await $0.signUpWithEmail(email: email, password: password, name: name).api }
  }

  /// Signs in with e-mail and password. Returns `signedIn`, or `mfaRequired` with the factors to choose from. Before this returns the
  /// credential is in the secure store; a session that was held before is revoked.
  ///
  /// - Throws: ``SessionError`` with the code `invalidCredentials`, `userBlocked`, `rateLimited`, `storageLocked` (nothing was sent),
  ///   `superseded`, or one of the network's.
  @discardableResult
  public func signIn(email: String, password: String) async throws -> SessionState {
    try await run { try await $0.signInWithEmail(email: email, password: password).api }
  }

  /// Signs in as a new anonymous user. Otherwise as ``signIn(email:password:)``.
  @discardableResult
  public func signInAnonymously() async throws -> SessionState { try await run { try await $0.signInAnonymously().api } }

  /// Signs in with a token that the app's server made. Otherwise as ``signIn(email:password:)``.
  ///
  /// - Throws: ``SessionError`` with the code `invalidToken` if the token is wrong, used up or expired.
  @discardableResult
  public func signIn(userId: String, secret: String) async throws -> SessionState {
    try await run { try await $0.signInWithToken(userId: userId, secret: secret).api }
  }

  /// Asks for a challenge of a second factor. Meant for the state `mfaRequired`.
  public func createMfaChallenge(_ factor: Factor) async throws -> MfaChallenge {
    try await run(needsPresence: true) { try await $0.createMfaChallenge(factor: factor.ffi).api }
  }

  /// Answers a challenge with the user's code, and completes the sign-in.
  ///
  /// - Throws: ``SessionError`` with the code `invalidToken` if the code is wrong; the session stays in `mfaRequired`.
  @discardableResult
  public func completeMfaChallenge(_ challenge: MfaChallenge, code: String) async throws -> SessionState {
    try await run(needsPresence: true) { try await $0.completeMfaChallenge(challengeId: challenge.id, code: code).api }
  }

  /// Signs out on this device: the session is gone from here when this returns, with or without a network. Appwrite is told in the
  /// background; if it cannot be reached, that is stored and done later, also after a restart.
  public func signOut() async throws { try await run { try await $0.signOut() } }

  /// Signs the user out on all devices. Needs the network; on an error nothing has changed here.
  public func signOutEverywhere() async throws { try await run(needsPresence: true) { try await $0.signOutEverywhere() } }

  // MARK: The account and its sessions

  /// Takes over the session that one of Appwrite's own SDKs stored on the device, so that users stay signed in when an app adopts this
  /// library. Makes no request: whether the session is still valid shows at its first use.
  ///
  /// If ``Import/mayErase``, erase what was passed where it came from: it is the credential in the open.
  ///
  /// - Parameter stored: What that SDK stored, unchanged, and for this endpoint's host only: the strings of
  ///   `UserDefaults.standard.stringArray(forKey: host)`, a line each.
  /// - Throws: ``SessionError`` with the code `storageLocked` or `storageUnavailable`: nothing was taken over. Try again later, and erase
  ///   nothing.
  public func importSession(_ stored: String) async throws -> Import {
    try await run { try await $0.importSession(left: stored).api }
  }

  /// Asks Appwrite who is signed in, which shows whether the session is still valid as well.
  ///
  /// - Throws: ``SessionError`` with the code `signedOut` if Appwrite says that the session is no more; the state follows.
  public func account() async throws -> Account { try await run(needsPresence: true) { try await $0.account().api } }

  /// Every session of the user.
  public func sessions() async throws -> [Session] { try await run(needsPresence: true) { try await $0.sessions().map(\.api) } }

  /// The session of this device, as Appwrite sees it.
  public func currentSession() async throws -> Session { try await run(needsPresence: true) { try await $0.currentSession().api } }

  /// Starts the life of this device's session anew. Appwrite allows ten an hour for each network address, and counts extensions
  /// and sign-outs together.
  @discardableResult
  public func extendSession() async throws -> Session { try await run(needsPresence: true) { try await $0.extendSession().api } }

  /// Revokes the session of that id; this device's own is signed out as by ``signOut()``.
  public func revokeSession(_ id: String) async throws { try await run(needsPresence: true) { try await $0.revokeSession(id: id) } }

  // MARK: The app's own gateways

  /// A call of a gateway. `target` is a path of the default gateway (`/orders`) or a URL of an allowed one.
  public func request(_ method: String, _ target: String) -> GatewayRequest {
    GatewayRequest(client: core, method: method, target: target)
  }

  /// A GET; see ``request(_:_:)``.
  public func get(_ target: String) -> GatewayRequest { request("GET", target) }

  /// A POST; see ``request(_:_:)``.
  public func post(_ target: String) -> GatewayRequest { request("POST", target) }

  /// A PUT; see ``request(_:_:)``.
  public func put(_ target: String) -> GatewayRequest { request("PUT", target) }

  /// A PATCH; see ``request(_:_:)``.
  public func patch(_ target: String) -> GatewayRequest { request("PATCH", target) }

  /// A DELETE; see ``request(_:_:)``.
  public func delete(_ target: String) -> GatewayRequest { request("DELETE", target) }

  /// The headers for a request that the app sends by itself, under the same origin rule. No request is made.
  ///
  /// - Throws: ``SessionError`` with the code `originNotAllowed`, `config`, `signedOut`, `mfaRequired` or `storageLocked`.
  public func authorize(_ target: String) async throws -> Authorization {
    try await run(needsPresence: true) { Authorization(ffi: try await $0.authorize(target: target)) }
  }

  /// Whether `url` is of an allowed gateway, by the same origin rule as for calls. Never waits, and works on a closed client.
  public func isGateway(_ url: URL) -> Bool { core.isGateway(target: url.absoluteString) }

  /// Where a redirect leads that a gateway at `from` answered with, and so what may go along.
  func checkRedirect(from: URL, to: URL, method: String, hasBody: Bool) throws -> RedirectTarget {
    try translating {
      try core.checkRedirect(from: from.absoluteString, to: to.absoluteString, method: method, hasBody: hasBody)
    }
  }

  /// Reports that a gateway answered 401 to a request that carried `authorization`, and says what to do about it. Appwrite is asked
  /// once for all calls, and not at all where the answer is known already. The ``state`` follows.
  @discardableResult
  public func reportUnauthorized(_ authorization: Authorization) async throws -> Verdict {
    try await run(needsPresence: true) { try await $0.reportUnauthorized(authorization: authorization.ffi).api }
  }

  /// Ends the client: waits for work under way, which the timeouts bound, ends the streams, and gives its threads back. The session
  /// stays stored. Methods that need the client fail with the code `closed` from then on.
  public func close() async {
    network?.stop()
    let core = core
    let closing = Task.detached { await core.shutDown() }
    // A callback of the app's would wait for itself.
    if Callbacks.running == nil { await closing.value }
  }

  /// Shows the state only.
  public var customMirror: Mirror { Mirror(self, children: ["state": state.kind]) }

  func run<T: Sendable>(
    needsPresence: Bool = false, _ call: @escaping @Sendable (CoreClient) async throws -> T
  ) async throws -> T {
    try Callbacks.refuse(needsPresence: needsPresence)
    try store?.misuse.refuse()
    let core = core
    let result = try await waiting(for: { try await call(core) })
    try store?.misuse.refuse()
    return result
  }
}

/// Seconds as whole milliseconds; what is no positive time becomes zero, which the core refuses, and no time is longer than a year.
func milliseconds(_ seconds: TimeInterval) -> UInt64 { UInt64((min(max(0, seconds), 366 * 86_400) * 1000).rounded()) }
