// Apple's Network, as far as the client uses it: the same names and types, so that the code for Apple's platforms is compiled and run where
// there is no such framework. Beside that, `report` is what the system does.

import Foundation

public struct NWPath: Equatable {
  public enum Status: Equatable, Sendable {
    case satisfied
    case unsatisfied
    case requiresConnection
  }

  public let status: Status
  let interface: String

  public init(_ status: Status, _ interface: String) {
    self.status = status
    self.interface = interface
  }
}

public final class NWPathMonitor {
  private static let lock = NSLock()
  nonisolated(unsafe) private static var running: [NWPathMonitor] = []

  public var pathUpdateHandler: (@Sendable (_ newPath: NWPath) -> Void)?
  private var queue: DispatchQueue?

  public init() {}

  public func start(queue: DispatchQueue) {
    self.queue = queue
    // As by the system, until it is cancelled.
    Self.lock.withLock { Self.running.append(self) }
  }

  public func cancel() { Self.lock.withLock { Self.running.removeAll { $0 === self } } }

  /// How many run.
  public static var count: Int { lock.withLock { running.count } }

  /// Reports a path to all that run, and returns when they have heard it.
  public static func report(_ path: NWPath) {
    for monitor in lock.withLock({ running }) {
      nonisolated(unsafe) let handler = monitor.pathUpdateHandler
      monitor.queue?.sync { handler?(path) }
    }
  }
}
