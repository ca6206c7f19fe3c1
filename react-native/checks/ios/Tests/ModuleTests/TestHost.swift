// A device for one test.

import Foundation

@testable import AppwriteSessionPod

/// A device's store, which can be locked: in memory, durable by its own word.
final class TestStore: SecureStore, @unchecked Sendable {
  private let records = MemoryStore()
  // Guarded by `lock`.
  private var locked = false
  private let lock = NSLock()

  var persistence: Persistence { .durable }
  func setLocked(_ locked: Bool) { lock.withLock { self.locked = locked } }
  func load(key: String) throws -> String? { try unlocked().load(key: key) }
  func save(key: String, record: String) throws { try unlocked().save(key: key, record: record) }
  func clear(key: String) throws { try unlocked().clear(key: key) }
  func quarantine(key: String, aside: String) throws { try unlocked().quarantine(key: key, aside: aside) }

  private func unlocked() throws -> MemoryStore {
    if lock.withLock({ locked }) { throw StoreError.locked }
    return records
  }
}

/// A device that lasts as long as the test; its dialogs are those of the stub.
final class TestHost: ModuleHost {
  let kept = TestStore()
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  let opened = OpenedURL()

  var store: (any SecureStore)? { kept }
  var screens: any ScreenHost { LinkedScreens(names: AppleNames(folder)) }
  func user(_ presence: Configuration.Presence) -> any UserPresence { Device().user(presence) }

  /// The app is removed and installed again: the platform's store keeps what it has.
  func reinstall() throws { try FileManager.default.removeItem(at: folder) }

  deinit { try? FileManager.default.removeItem(at: folder) }
}

extension Mock {
  /// `NativeConfig` of a client of this Appwrite and this gateway, in memory if nothing else is said.
  func config(_ more: [String: Any] = [:]) -> [String: Any] {
    let config: [String: Any] = [
      "endpoint": endpoint, "project": project, "gateways": [["url": gateway, "carrier": "cookie"]], "persistence": "memory_only",
      "readOnly": false, "forgetAfterReinstall": false, "rootCertificates": [String](),
    ]
    return config.merging(more) { $1 }
  }

  /// What this Appwrite's controls answer under `name`.
  func value(_ name: String, _ method: String, _ path: String, _ body: String = "{}") async throws -> String {
    guard let text = try await control(method, path, body)[name] as? String else { throw Failure(text: path) }
    return text
  }

  /// Lets the next request to `path` wait for good; what to ask whether it came.
  func hang(_ path: String) async throws -> String {
    let id = try await control("POST", "/faults", #"{"path":"\#(path)","fault":{"kind":"hang"}}"#)["id"] ?? ""
    return "/faults/\(id)?hits=1"
  }

  /// Waits until a caller went away without its answer; false if none does.
  func hungUp() async throws -> Bool {
    let entries = try await control("GET", "/journal?hungUp=1")["entries"] as? [[String: Any]] ?? []
    return entries.contains { $0["hungUp"] as? Bool == true }
  }
}
