import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// Several accounts of one project on one device.
///
/// Each has a session and a ``SessionClient`` of its own, so that no request of one is made with the credential of another; all share the
/// connections and the store. All methods can be called from any task at any time. Those that change something run to their end even when
/// the task that waits for them is cancelled. An app has one of these, for as long as its process lives.
///
/// ```swift
/// let accounts = try Accounts(
///   endpoint: "https://fra.cloud.appwrite.io/v1", project: "my-project", gateways: ["https://api.example.com"])
/// ```
public final class Accounts: Sendable, CustomReflectable {
  private let core: CoreAccounts
  private let store: HostStoreAdapter?
  private let network: NetworkFollower
  private let clients = ClientsOfAccounts()

  /// Makes the accounts of one project. Makes no request; the list is in the store, see ``state``.
  ///
  /// - Parameters:
  ///   - endpoint: Where Appwrite is; it ends in `/v1`.
  ///   - project: The project's id.
  ///   - gateways: The allowed gateways; the first is the default, which calls with a path go to.
  ///   - store: Where sessions and the list are kept, in place of the platform's own secure store.
  ///   - options: What every client of these accounts has.
  /// - Throws: ``SessionError`` with the code `config`, whose description says what to write instead.
  public init(
    endpoint: String, project: String, gateways: [Gateway] = [], store: (any SecureStore)? = nil,
    options: SessionClient.Options = SessionClient.Options()
  ) throws {
    let store = store.map(HostStoreAdapter.init)
    let presence = options.presence.map { HostPresenceAdapter($0.user) }
    let options = options.ffi(endpoint: endpoint, project: project, gateways: gateways, accountSlot: nil)
    let core = try translating { try CoreAccounts(options: options, store: store, trust: nil, presence: presence) }
    self.core = core
    self.store = store
    network = NetworkFollower { [weak core] in core?.networkChanged() }
  }

  // MARK: What there is

  /// The accounts, and which one the app uses; nil until the store has been read. At least as new as the result of a method here. Never
  /// waits.
  public var state: AccountsState? { core.state().flatMap(Self.state) }

  /// The accounts once the store has been read, and then whenever they have changed: by a call here, because somebody has signed in with a
  /// client of an account, or because the name or the e-mail address of a user has changed. Of several changes at once only the last is in
  /// it. Each call makes a stream of its own, which ends when the accounts are closed, or when nobody holds them any more.
  public var states: AsyncStream<AccountsState> {
    let changes = core.changes()
    return AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      Task.detached {
        while let json = await changes.next() {
          if let state = Self.state(json) { continuation.yield(state) }
        }
        continuation.finish()
      }
      continuation.onTermination = { _ in changes.end() }
    }
  }

  /// The ``state`` as the core's JSON, for bridges.
  var stateJSON: String? { core.state() }

  /// Every state as the core's JSON, for bridges. Otherwise as ``states``.
  func followJSON(_ handle: @escaping @Sendable (String) -> Void) -> Task<Void, Never> {
    let changes = core.changes()
    return Task.detached {
      await withTaskCancellationHandler {
        while let json = await changes.next() { handle(json) }
      } onCancel: {
        changes.end()
      }
    }
  }

  /// The accounts that somebody has signed in to, in the order in which they were added. Makes no request. An account whose session Appwrite
  /// has ended is still listed, so that the app can offer to sign in again.
  ///
  /// - Throws: ``SessionError`` with the code `storageLocked` or `storageUnavailable`.
  public func list() async throws -> [StoredAccount] { try await perform("list", read: Shown.storedAccounts) }

  /// The client of the account that the app uses now; one that nobody is signed in to, if there is none. Otherwise as ``list()``.
  ///
  /// The client of an account is the same object at every call. Do not close it by itself: close the accounts.
  public func current() async throws -> SessionClient { try await client(named: "current") }

  /// The client of an account, without switching to it. Otherwise as ``current()``.
  ///
  /// - Throws: ``SessionError`` with the code `config` if there is no such account.
  public func client(_ id: String) async throws -> SessionClient { try await client(named: "client", .text(id)) }

  // MARK: Adding and switching

  /// A client for one more account. It is listed as soon as somebody has signed in with it, and is used by the app once it is switched to.
  /// Otherwise as ``current()``: an account that could not be found again after a restart is not added.
  public func add() async throws -> SessionClient { try await client(named: "add") }

  /// Makes an account the one that the app uses, and returns its client. What other clients have under way goes on as it is.
  ///
  /// - Throws: ``SessionError`` with the code `config` if there is no such account; otherwise as ``list()``, and nothing was switched.
  @discardableResult
  public func switchTo(_ id: String) async throws -> SessionClient { try await client(named: "switchTo", .text(id)) }

  /// Completes a sign-in in the browser with the URL that opened the app, whichever account it was begun for: also for one that was being
  /// added when the app was ended. Nothing is switched. See ``SessionClient/completeOAuth2(_:)``.
  ///
  /// - Returns: The client of the account that it was begun for, and what came of it.
  /// - Throws: ``SessionError`` with the code `callbackRejected` if no account waits for this URL.
  @discardableResult
  public func completeOAuth2(_ url: URL) async throws -> (client: SessionClient, outcome: SignInOutcome) {
    let completed = try await perform("completeOAuth2", .text(url.absoluteString), read: Shown.outcomeOfAccount)
    return (try await client(of: completed.id), completed.outcome)
  }

  // MARK: Signing out

  /// Signs out of one account, as ``SessionClient/signOut()`` does, and lists it no more. If it was the one that the app uses, the one that
  /// was added last takes its place.
  ///
  /// - Throws: ``SessionError`` with the code `config` if there is no such account; otherwise as ``SessionClient/signOut()``. It is listed
  ///   until the store has taken the sign-out.
  public func signOut(_ id: String) async throws { try await perform("signOut", .text(id), read: Shown.nothing) }

  /// Signs out of every account, one after another.
  ///
  /// - Throws: The first ``SessionError`` of one of them; the other accounts are signed out all the same.
  public func signOutOfAll() async throws { try await perform("signOutOfAll", read: Shown.nothing) }

  /// Says for all clients that the device is in another network; see ``SessionClient/networkChanged()``.
  public func networkChanged() { core.networkChanged() }

  /// Closes every client, as ``SessionClient/close()`` does, and ends the streams. What is stored stays. Methods fail with the code `closed`
  /// from then on.
  public func close() async {
    network.stop()
    let (core, clients) = (core, clients.all)
    let closing = Task.detached {
      await core.shutDown()
      for client in clients { await client.close() }
    }
    // A callback of the app's would wait for itself.
    if Callbacks.running == nil { await closing.value }
  }

  /// Shows nothing of the users.
  public var customMirror: Mirror { Mirror(self, children: [:]) }

  // MARK: The core

  /// Performs an operation of the accounts by its name, for bridges. An account is its id, whose client ``client(of:)`` gives.
  func performOperation(_ name: String, _ argumentsJSON: String) async throws -> String {
    try Callbacks.refuse(needsPresence: false)
    try store?.misuse.refuse()
    let core = core
    let result = try await waiting(for: { try await core.call(operation: name, arguments: argumentsJSON) })
    try store?.misuse.refuse()
    return result
  }

  /// The client of an account that an operation has named: the one object for it.
  func client(of id: String) async throws -> SessionClient {
    if let client = clients.one(id) { return client }
    let core = core
    let made = try await waiting(for: { try await core.client(id: id) })
    return clients.keep(SessionClient(core: made, store: store, accountSlot: id))
  }

  private func client(named operation: String, _ arguments: Argument...) async throws -> SessionClient {
    try await client(of: readResult(try await performOperation(operation, Argument.list(arguments)), Shown.accountId))
  }

  private func perform<T: Sendable>(_ name: String, _ arguments: Argument..., read shown: (Data) throws -> T) async throws -> T {
    try readResult(try await performOperation(name, Argument.list(arguments)), shown)
  }

  private static func state(_ json: String) -> AccountsState? { try? Shown.accountsState(Data(json.utf8)) }
}

/// The clients of accounts, each the one object for its account.
private final class ClientsOfAccounts: @unchecked Sendable {
  // Guarded by `lock`, so the class is Sendable.
  private var clients: [String: SessionClient] = [:]
  private let lock = NSLock()

  var all: [SessionClient] { lock.withLock { Array(clients.values) } }

  func one(_ id: String) -> SessionClient? { lock.withLock { clients[id] } }

  /// Keeps a client, unless there is one for its account; the one that counts.
  func keep(_ client: SessionClient) -> SessionClient {
    lock.withLock {
      let kept = clients[client.accountSlot] ?? client
      clients[client.accountSlot] = kept
      return kept
    }
  }
}
