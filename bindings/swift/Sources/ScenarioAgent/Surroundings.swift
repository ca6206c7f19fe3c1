// What is around the clients of an agent.

import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

protocol Surroundings: Sendable {
  /// The configuration of the app's own URL sessions.
  var configuration: URLSessionConfiguration { get }

  /// Carries out a command about the world; nothing if it is none.
  func carryOut(_ command: Command) async throws -> Any?
}

/// This machine. The conductor holds the world of the scenarios.
struct Machine: Surroundings {
  var configuration: URLSessionConfiguration { .default }

  func carryOut(_ command: Command) async throws -> Any? { nil }
}
