// The users that tests sign in.

import AppwriteSession
import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

extension Mock {
  /// Makes bob@example.com.
  func bob() async throws {
    try await control("POST", "/users", #"{"email":"bob@example.com","password":"\#(Mock.password)","name":"Bob"}"#)
  }

  /// What reached the gateway.
  func gatewayWire() async throws -> [String] { try await wire().filter { $0.contains(" gateway ") } }

  /// A client with these users at Appwrite and Ada signed in, whose gateway is at `gateway`.
  func client(
    _ gateway: String? = nil, carrier: Carrier = .cookie, pins: Pins? = nil, options: SessionClient.Options = SessionClient.Options()
  ) async throws -> SessionClient {
    try await ada()
    try await bob()
    let session = try SessionClient(
      endpoint: endpoint, project: project, gateways: [Gateway(gateway ?? self.gateway, carrier: carrier, pins: pins)],
      store: MemoryStore(), options: options)
    try await session.signInAda()
    try await control("DELETE", "/journal")
    return session
  }

  /// Holds the next answer to a request of `path` until it is released; the id of that.
  func hold(_ path: String) async throws -> String {
    let id = try await control("POST", "/faults", #"{"path":"\#(path)","fault":{"kind":"hold_answer"}}"#)["id"]
    return "\(try #require(id))"
  }

  /// Begins `call`, and between the arrival of the hop `first` at the gateway and its answer does `meanwhile`.
  func during<T: Sendable>(
    _ first: String, _ call: @escaping @Sendable () async throws -> T, _ meanwhile: () async throws -> Void
  ) async throws -> T {
    let fault = try await hold(first)
    let task = Task { try await call() }
    try await control("GET", "/faults/\(fault)?hits=1")
    try await meanwhile()
    try await control("POST", "/faults/\(fault)/release")
    return try await task.value
  }
}

extension SessionClient {
  func signInAda() async throws { try await signIn(email: "ada@example.com", password: Mock.password) }
  func signInBob() async throws { try await signIn(email: "bob@example.com", password: Mock.password) }
}

/// A request to `url`.
func request(_ url: String, _ method: String = "GET") throws -> URLRequest {
  var request = URLRequest(url: try #require(URL(string: url)))
  request.httpMethod = method
  return request
}

/// The error with which `call` fails.
func failure(_ call: () async throws -> Void) async -> SessionError? {
  do {
    try await call()
    return nil
  } catch {
    return error as? SessionError
  }
}
