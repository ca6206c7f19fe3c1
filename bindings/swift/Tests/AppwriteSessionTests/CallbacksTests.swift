// What of the app's runs where, and what happens if it calls back.

import AppwriteSession
import Foundation
import Testing

/// Runs what it is given where it is given it, as an executor of the app's may.
private final class Inline: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}

/// A store that does something of the app's in `load`.
private final class Calling: SecureStore, @unchecked Sendable {
  private let records = MemoryStore()
  private let lock = NSLock()
  private var action: (@Sendable () -> Void)?

  func setAction(_ action: @escaping @Sendable () -> Void) { lock.withLock { self.action = action } }

  var persistence: Persistence { .durable }
  func load(key: String) throws -> String? {
    if let action = lock.withLock({ action }) { action() }
    return records.load(key: key)
  }
  func save(key: String, record: String) throws { records.save(key: key, record: record) }
  func clear(key: String) throws { records.clear(key: key) }
  func quarantine(key: String, aside: String) throws { records.quarantine(key: key, aside: aside) }
}

/// A store whose first save fails.
private final class Reluctant: SecureStore, @unchecked Sendable {
  private let records = MemoryStore()
  private let lock = NSLock()
  private var refuses = true

  func recover() { lock.withLock { refuses = false } }

  var persistence: Persistence { .durable }
  func load(key: String) throws -> String? { records.load(key: key) }
  func save(key: String, record: String) throws {
    if lock.withLock({ refuses }) { throw StoreError.unavailable }
    records.save(key: key, record: record)
  }
  func clear(key: String) throws { records.clear(key: key) }
  func quarantine(key: String, aside: String) throws { records.quarantine(key: key, aside: aside) }
}

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct CallbacksTests {
    let mock: Mock

    init() throws { mock = try Mock() }

    @Test func nothingOfTheAppsRunsOnTheCoresThread() async throws {
      let session = try await mock.client()
      try await withTaskExecutorPreference(Inline()) {
        await #expect(throws: Never.self) {
          _ = try await session.get("/gateway/open").response()
          #expect(!threadName().hasPrefix("appwrite-sessio"), "after a call of a gateway")
          _ = try await session.account()
          #expect(!threadName().hasPrefix("appwrite-sessio"), "after a call of Appwrite")
        }
        try await mock.say("one")
        for try await _ in try await session.get("/gateway/feed").stream() {
          #expect(!threadName().hasPrefix("appwrite-sessio"), "after a chunk")
          break
        }
        for try await _ in try await session.get("/gateway/events").events() {
          #expect(!threadName().hasPrefix("appwrite-sessio"), "after an event")
          break
        }
        for await _ in session.states { break }
        #expect(!threadName().hasPrefix("appwrite-sessio"), "after a state")
        await session.close()
        #expect(!threadName().hasPrefix("appwrite-sessio"), "after closing")
      }
    }

    @Test func aStoreThatCallsBackIsToldSoAndHangsNothing() async throws {
      let store = Calling()
      let ready = DispatchSemaphore(value: 0)
      let called = Called()
      let (returning, returns) = AsyncStream<Void>.makeStream()
      store.setAction {
        defer { returns.finish() }
        ready.wait()
        guard let session = called.session else { return }
        let done = DispatchSemaphore(value: 0)
        Task {
          called.error = await failure { _ = try await session.restored() }
          await session.close()
          done.signal()
        }
        called.waited = done.wait(timeout: .now() + 10) == .success
      }
      let session = try SessionClient(endpoint: mock.endpoint, project: mock.project, store: store)
      called.session = session
      ready.signal()
      let error = await failure { _ = try await session.restored() }
      for await _ in returning {}
      #expect(called.waited, "the store's call did not wait for itself")
      #expect(called.error?.code == .config && error?.code == .config)
      #expect(error?.localizedDescription.contains("SecureStore") ?? false)
      await session.close()
    }

    @Test func aPresenceCheckThatCallsBackIsToldSo() async throws {
      final class Asked: UserPresence, @unchecked Sendable {
        let called = Called()

        func confirm() -> Bool {
          let done = DispatchSemaphore(value: 0)
          guard let session = called.session else { return false }
          Task { [called] in
            called.error = await failure { _ = try await session.get("/gateway/open").response() }
            _ = try await session.restored()
            done.signal()
          }
          called.waited = done.wait(timeout: .now() + 10) == .success
          return true
        }
      }
      try await mock.ada()
      let asked = Asked()
      var options = SessionClient.Options()
      options.requirePresence(.always, asked)
      let session = try SessionClient(
        endpoint: mock.endpoint, project: mock.project, gateways: [Gateway(mock.gateway)], store: MemoryStore(),
        options: options)
      asked.called.session = session
      try await session.signInAda()
      #expect(try await session.get("/gateway/open").response().status == 200)
      #expect(asked.called.waited && asked.called.error?.code == .config)
      await session.close()
    }

    @Test func statesDoNotRepeatAndChangesSkipNone() async throws {
      try await mock.ada()
      let store = Reluctant()
      let session = try SessionClient(endpoint: mock.endpoint, project: mock.project, store: store)
      _ = try await session.restored()
      let (states, changes) = (session.states, session.changes)
      try await session.signInAda()
      #expect(session.persistence == .memoryOnly)
      store.recover()
      try await session.resume()
      #expect(session.persistence == .durable)
      await session.close()
      var heard: [SessionState] = []
      for await state in states { heard.append(state) }
      var numbered: [Change] = []
      for await change in changes { numbered.append(change) }
      #expect(zip(heard, heard.dropFirst()).allSatisfy { $0 != $1 }, "\(heard.map(\.kind))")
      #expect(zip(numbered, numbered.dropFirst()).contains { $0.state == $1.state })
      #expect(zip(numbered, numbered.dropFirst()).allSatisfy { $0.number + 1 == $1.number })
    }
  }
}

/// What a callback did.
private final class Called: @unchecked Sendable {
  private let lock = NSLock()
  private var fields: (session: SessionClient?, error: SessionError?, waited: Bool) = (nil, nil, false)

  var session: SessionClient? {
    get { lock.withLock { fields.session } }
    set { lock.withLock { fields.session = newValue } }
  }
  var error: SessionError? {
    get { lock.withLock { fields.error } }
    set { lock.withLock { fields.error = newValue } }
  }
  var waited: Bool {
    get { lock.withLock { fields.waited } }
    set { lock.withLock { fields.waited = newValue } }
  }
}

/// The name of this thread, as the system knows it.
func threadName() -> String {
  (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
}
