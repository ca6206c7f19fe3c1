// The device's store: in memory, durable by its own word, and as broken as it is told to be.

import AppwriteSession
import Foundation

final class Device: SecureStore, @unchecked Sendable {
  private let records = MemoryStore()
  private let lock = NSLock()
  private var fault: String?

  struct Told: Error {}

  func setFault(_ fault: String?) { lock.withLock { self.fault = fault } }

  var persistence: Persistence { .durable }

  func load(key: String) throws -> String? { try checked().load(key: key) }

  func save(key: String, record: String) throws { try checked().save(key: key, record: record) }

  func clear(key: String) throws { try checked().clear(key: key) }

  func quarantine(key: String, aside: String) {
    // What cannot be read can be set aside.
    records.quarantine(key: key, aside: aside)
    setFault(nil)
  }

  private func checked() throws -> MemoryStore {
    switch lock.withLock({ fault }) {
    case nil: return records
    case "locked": throw StoreError.locked
    case "corrupt": throw StoreError.corrupt
    case "unavailable": throw StoreError.unavailable
    default: throw Told()
    }
  }
}
