// What the module takes from the device: its store, the app's own folder, whoever holds it.

import Foundation
import LocalAuthentication
import Testing

@testable import AppwriteSessionPod

extension ModuleTests {
  @Suite struct DeviceTests {
    let mock: Mock
    let host = TestHost()
    let script: Script

    init() async throws {
      mock = try Mock()
      script = Script(on: host)
      try await mock.ada()
    }

    /// Signs in with a client that is closed again: the app as it was before.
    private func before(_ config: [String: Any]) async throws {
      let client = try script.client(config)
      try await script.signIn(client)
      try await script.what { $0.close(client, $1) }
    }

    @Test func whatIsDurableIsInTheStoreAndTheRestIsNot() async throws {
      try await before(mock.config())
      #expect(try await script.restored(script.client(mock.config())).text("kind") == "signed_out")
      let durable = mock.config(["persistence": "durable"])
      try await before(durable)
      let again = try await script.restored(script.client(durable))
      #expect(again.text("kind") == "signed_in" && again.flag("verified") == false && again.text("persistence") == "durable")
    }

    @Test func aLockedStoreIsToldAndReadOnceItIsOpen() async throws {
      let durable = mock.config(["persistence": "durable"])
      try await before(durable)
      host.kept.setLocked(true)
      let client = try script.client(durable)
      #expect(try await script.restored(client).text("kind") == "storage_locked")
      #expect(try await script.failure { $0.account(client, $1) }.text("code") == "storage_locked")
      host.kept.setLocked(false)
      try await script.what { $0.resume(client, $1) }
      #expect(script.change(client).text("kind") == "signed_in")
    }

    @Test func aReadOnlyClientUsesTheSessionAndChangesNothing() async throws {
      try await before(mock.config(["persistence": "durable"]))
      let client = try script.client(mock.config(["persistence": "durable", "readOnly": true]))
      #expect(try await script.restored(client).text("kind") == "signed_in")
      #expect(try await script.failure { $0.signOut(client, $1) }.text("code") == "config")
    }

    @Test func aSessionOfAnInstallationBeforeIsForgotten() async throws {
      let config = mock.config(["persistence": "durable", "forgetAfterReinstall": true])
      try await before(config)
      // However the endpoint is written.
      let same = try script.client(config.merging(["endpoint": "\(mock.endpoint)/"]) { $1 })
      #expect(try await script.restored(same).text("kind") == "signed_in")
      try await script.what { $0.close(same, $1) }
      try host.reinstall()
      #expect(try await script.restored(script.client(config)).text("reason") == "no_session")
    }

    @Test func eachPlaceHasAMarkerOfItsOwnBelowTheFolder() throws {
      let parts = ["https://a.example/v1", "https://b.example/v1"].flatMap { endpoint in
        ["one", "two"].flatMap { project in [nil, "Ada", "ada", "../ada", "a.b", "a.c"].map { (endpoint, project, $0) } }
      }
      let paths = try parts.map { endpoint, project, slot in
        var config = mock.config(["endpoint": endpoint, "project": project])
        config["accountSlot"] = slot
        return try Configuration(Fields(config)).place.marker(below: host.folder).standardizedFileURL.path
      }
      // The core writes a draft beside it, with another extension.
      let drafts = Set(paths.map { ($0 as NSString).deletingPathExtension })
      #expect(drafts.count == parts.count)
      #expect(paths.allSatisfy { $0.hasPrefix("\(host.folder.path)/") })
      #expect(Device().folder.path.hasSuffix("/Library/Application Support/appwrite-session"))
    }

    @Test func thePrivacyManifestSaysThatNobodyIsTracked() throws {
      let file = URL(fileURLWithPath: #filePath + "/../../../../../ios/PrivacyInfo.xcprivacy").standardizedFileURL
      let manifest = try PropertyListSerialization.propertyList(from: Data(contentsOf: file), format: nil) as? [String: Any] ?? [:]
      #expect(manifest["NSPrivacyTracking"] as? Bool == false)
      let used = manifest["NSPrivacyAccessedAPITypes"] as? [[String: Any]] ?? []
      #expect(used.map { $0["NSPrivacyAccessedAPIType"] as? String } == ["NSPrivacyAccessedAPICategoryFileTimestamp"])
    }

    @Test func aSessionIsUsedOnlyWhenItsUserIsThere() async throws {
      let presence: [String: Any] = [
        "policy": "default", "timeoutMs": 0.0, "title": "Unlock the shop", "subtitle": "to see your orders", "cancel": "Not now",
      ]
      let config = mock.config(["persistence": "durable", "presence": presence])
      try await before(config)
      let client = try script.client(config)
      StubbedUser.answers(false)
      #expect(try await script.restored(client).text("kind") == "signed_in")
      #expect(StubbedUser.asked.isEmpty)
      let refused = try await script.failure { $0.send(client, call: 1, request: request("/gateway/whoami"), $1) }
      #expect(refused.text("code") == "presence_required")
      #expect(StubbedUser.asked == ["Unlock the shop\nto see your orders|Not now"])
      script.module.pause(client)
      StubbedUser.answers(true)
      #expect(try await script.failure { $0.authorize(client, target: "/gateway/open", $1) }.text("code") == "presence_required")
      #expect(StubbedUser.asked.isEmpty)
      try await script.what { $0.resume(client, $1) }
      #expect(try await script.get(client, "/gateway/whoami").number("status") == 200)
      #expect(try await script.get(client, "/gateway/whoami").number("status") == 200)
      #expect(StubbedUser.asked.count == 1)
    }
  }
}
