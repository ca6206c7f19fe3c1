import Foundation

/// A place that keeps one secret record per key.
///
/// All methods may block: they are called on threads for blocking work, one at a time per key. They must not call back into the
/// client: such a call throws ``SessionError`` with the code `config`, and so do the client's calls from then on. An implementation
/// throws ``StoreError``; anything else counts as ``StoreError/unavailable``, and its text is dropped, for it could hold the record.
public protocol SecureStore: Sendable {
  /// How long records of this store last. Asked once, when the client is made.
  var persistence: Persistence { get }

  /// The record under `key`, or nil if there is certainly none; a store that only cannot look throws.
  func load(key: String) throws -> String?

  /// Puts `record` under `key`, in place of what was there, as durably as the store can.
  func save(key: String, record: String) throws

  /// Removes what is under `key`. Nothing there is success.
  func clear(key: String) throws

  /// Moves what is under `key` to `aside` where it can, so that `key` is free again. Used for records that cannot be read.
  func quarantine(key: String, aside: String) throws
}

/// Why a store could not do what it was asked. The app's next step differs: wait, sign in again, or go on in memory.
public enum StoreError: Error, Sendable {
  /// The platform keeps the record but does not give it out now, as on a locked phone.
  case locked
  /// There is a record, and the platform cannot read or decrypt it.
  case corrupt
  /// The store itself cannot be reached or used.
  case unavailable
}

/// Keeps records until the process ends: for tests, and for apps that want no session to outlive them.
public final class MemoryStore: SecureStore, CustomReflectable, @unchecked Sendable {
  // Guarded by `lock`, which is why the class may say that it is Sendable.
  private var records: [String: String] = [:]
  private let lock = NSLock()

  /// An empty store.
  public init() {}

  public var persistence: Persistence { .memoryOnly }

  public func load(key: String) -> String? { lock.withLock { records[key] } }

  public func save(key: String, record: String) { lock.withLock { records[key] = record } }

  public func clear(key: String) { lock.withLock { records[key] = nil } }

  public func quarantine(key: String, aside: String) {
    lock.withLock {
      if let record = records.removeValue(forKey: key) { records[aside] = record }
    }
  }

  /// Shows nothing of the records.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
