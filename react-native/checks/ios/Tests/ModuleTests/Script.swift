// JavaScript, as the module sees it: promises, and what is told without being asked.

import Foundation
import Testing

@testable import AppwriteSessionPod

/// What the module gave. It is made anew each time and never changed, which is why it may be said to be Sendable.
struct Value: @unchecked Sendable {
  let any: Any?

  var fields: [String: Any] { any as? [String: Any] ?? [:] }
  func text(_ name: String) -> String? { fields[name] as? String }
  func number(_ name: String) -> Double? { fields[name] as? Double ?? (fields[name] as? Int).map(Double.init) }
  func flag(_ name: String) -> Bool? { fields[name] as? Bool }
  func texts(_ name: String) -> [String]? { fields[name] as? [String] }
  func headers() -> [String: String] {
    let lines = fields["headers"] as? [[String: String]] ?? []
    return Dictionary(lines.map { ($0["name"] ?? "", $0["value"] ?? "") }) { "\($0), \($1)" }
  }
}

/// With what a promise was rejected.
struct Rejection: Error {
  let code: String?
  let message: String?
  let error: Value
}

/// What the module told by itself.
final class Heard: @unchecked Sendable {
  // Guarded by `lock`.
  private var all: [Value] = []
  private var waiting: [(wanted: @Sendable (Value) -> Bool, continuation: CheckedContinuation<Value, Never>)] = []
  private let lock = NSLock()

  var count: Int { lock.withLock { all.count } }
  func of(_ client: Int) -> [Value] { lock.withLock { all.filter { $0.number("client") == Double(client) } } }

  func put(_ change: Value) {
    lock.withLock {
      all.append(change)
      for waiter in waiting where waiter.wanted(change) { waiter.continuation.resume(returning: change) }
      waiting.removeAll { $0.wanted(change) }
    }
  }

  /// The first change that is wanted, of those that were heard and those that come.
  @discardableResult
  func first(_ wanted: @escaping @Sendable (Value) -> Bool) async -> Value {
    await withCheckedContinuation { continuation in
      lock.withLock {
        if let found = all.first(where: wanted) { return continuation.resume(returning: found) }
        waiting.append((wanted, continuation))
      }
    }
  }
}

/// One JavaScript, from its start to its reload.
final class Script: Sendable {
  let module: SessionModule
  let heard = Heard()
  let states = Heard()
  let transfers = Heard()

  init(on host: any ModuleHost = TestHost(), _ retained: RetainedClients = RetainedClients()) {
    let (heard, states, transfers) = (heard, states, transfers)
    module = SessionModule(
      host: host, retained: retained,
      onChange: { change in
        #expect(spec.faults("NativeChange", change) == [])
        heard.put(Value(any: change))
      },
      onAccountsState: { state in
        #expect(spec.faults("NativeAccountsState", state) == [])
        states.put(Value(any: state))
      },
      onTransfer: { transfer in
        #expect(spec.faults("NativeTransfer", transfer) == [])
        transfers.put(Value(any: transfer))
      })
  }

  /// What a call resolves its promise with, which is a `type` of the spec.
  @discardableResult
  func what(_ type: String = "void", _ start: (SessionModule, Promise) -> Void) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      start(
        module,
        Promise(
          resolve: { value in
            #expect(spec.faults(type, value) == [])
            #expect(!Thread.isMainThread)
            continuation.resume(returning: Value(any: value))
          },
          reject: { code, message, error in
            let fields = (error as NSError?)?.userInfo ?? [:]
            #expect(spec.faults("NativeError", fields) == [])
            #expect(fields["code"] as? String == code && fields["message"] as? String == message)
            continuation.resume(throwing: Rejection(code: code, message: message, error: Value(any: fields)))
          }))
    }
  }

  /// What a call rejects its promise with.
  func failure(_ start: (SessionModule, Promise) -> Void) async throws -> Value {
    do {
      try await what("unknown", start)
    } catch let rejection as Rejection {
      return rejection.error
    }
    Issue.record("it did not fail")
    return Value(any: nil)
  }

  /// The number of a client that could be built.
  func client(_ config: [String: Any]) throws -> Int {
    let opening = module.createClient(config)
    #expect(spec.faults("NativeOpening", opening) == [])
    #expect(opening["error"] == nil)
    return try #require(opening["client"] as? Int)
  }

  /// Why a client could not be built.
  func refused(_ config: [String: Any]) -> Value {
    let opening = module.createClient(config)
    #expect(spec.faults("NativeOpening", opening) == [])
    #expect(opening["client"] as? Int == 0)
    return Value(any: opening["error"])
  }

  /// The number of accounts that could be built.
  func accounts(_ config: [String: Any]) throws -> Int {
    let opening = module.createAccounts(config)
    #expect(spec.faults("NativeOpening", opening) == [])
    #expect(opening["error"] == nil)
    return try #require(opening["client"] as? Int)
  }

  /// Performs an operation of accounts; its result as JSON.
  @discardableResult
  func call(_ accounts: Int, _ operation: String, _ arguments: String = "[]") async throws -> String {
    let result = try await what("string") {
      $0.callAccounts(accounts, operation: operation, argumentsJson: arguments, $1)
    }
    return try #require(result.any as? String)
  }

  /// The number of the client of the account that an operation has named.
  func account(_ accounts: Int, _ named: String) async throws -> Int {
    let id = try #require(try JSONSerialization.jsonObject(with: Data(named.utf8), options: .fragmentsAllowed) as? String)
    return try #require(try await what("number") { $0.openAccount(accounts, id: id, $1) }.any as? Int)
  }

  func change(_ client: Int) -> Value {
    let change = module.change(client)
    #expect(spec.faults("NativeChange", change) == [])
    return Value(any: change)
  }

  /// Where the user of a client stands, once the store has been read.
  func restored(_ client: Int) async throws -> Value {
    try await what { $0.restored(client, $1) }
    return change(client)
  }

  func signIn(_ client: Int, _ email: String = "ada@example.com") async throws {
    try await what { $0.signInWithEmail(client, email: email, password: Mock.password, $1) }
  }

  /// A gateway's answer to a GET.
  func get(_ client: Int, _ target: String, call: Int = 1, _ more: [String: Any] = [:]) async throws -> Value {
    try await what("NativeResponse") { $0.send(client, call: call, request: request(target, more), $1) }
  }
}

/// `NativeRequest`, a GET if nothing else is said.
func request(_ target: String, _ more: [String: Any] = [:]) -> [String: Any] {
  let get: [String: Any] = [
    "method": "GET", "target": target, "headers": [[String: Any]](), "body": "", "bodyIsBase64": false, "idempotent": false,
  ]
  return get.merging(more) { $1 }
}
