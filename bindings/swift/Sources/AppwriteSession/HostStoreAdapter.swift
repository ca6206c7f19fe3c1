#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// An app's ``SecureStore`` as the core calls it: no error crosses but the three that the core knows.
final class HostStoreAdapter: HostStore {
  let misuse = Callbacks.Misuse()
  private let store: any SecureStore

  init(_ store: any SecureStore) {
    self.store = store
  }

  func load(key: String) throws -> String? { try guarded { try store.load(key: key) } }

  func save(key: String, record: String) throws { try guarded { try store.save(key: key, record: record) } }

  func clear(key: String) throws { try guarded { try store.clear(key: key) } }

  func quarantine(key: String, aside: String) throws {
    try guarded { try store.quarantine(key: key, aside: aside) }
  }

  func persistence() throws -> CorePersistence { store.persistence.ffi }

  private func guarded<T>(_ call: () throws -> T) throws -> T {
    do {
      return try Callbacks.run(.store(misuse), call)
    } catch StoreError.locked {
      throw HostStoreError.Locked
    } catch StoreError.corrupt {
      throw HostStoreError.Corrupt
    } catch {
      // Its text could hold the record.
      throw HostStoreError.Unavailable
    }
  }
}
