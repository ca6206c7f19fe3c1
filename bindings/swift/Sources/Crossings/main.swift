// What it costs to cross into the core and back, in microseconds.

import AppwriteSession
import AppwriteSessionBindings
import Foundation

let rounds = 20_000

func report(_ what: String, _ call: () async throws -> Void) async throws {
  // The first rounds find the libraries' symbols, and fill the caches.
  for _ in 0..<rounds { try await call() }
  let begin = DispatchTime.now().uptimeNanoseconds
  for _ in 0..<rounds { try await call() }
  let each = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1000 / Double(rounds)
  print("| \(what) | \(String(format: "%.1f", each)) |")
}

let session = try SessionClient(endpoint: "https://appwrite.example.com/v1", project: "demo", store: MemoryStore())
_ = try await session.restored()
try await report("sync: persistence") { _ = session.persistence }
try await report("async: restored()") { _ = try await session.restored() }
await session.close()

// The generated code alone, which this API stands in front of.
let core = try CoreClient(
  options: ClientOptions(
    endpoint: "https://appwrite.example.com/v1", project: "demo", gateways: [], accountSlot: nil, persistence: .memoryOnly,
    keychainAccessGroup: nil, readOnly: false, installationMarker: nil, presencePolicy: .default, connectTimeoutMs: nil,
    idleTimeoutMs: nil, totalTimeoutMs: nil, attempts: nil, responseLimit: nil, rootCertificates: [], endpointPins: nil, proxy: nil),
  store: nil, trust: nil, presence: nil)
_ = try await core.restored()
try await report("generated code, sync: change()") { _ = core.change() }
try await report("generated code, async: restored()") { _ = try await core.restored() }
let ended = core.changes()
ended.end()
try await report("generated code, async: ready at once") { _ = await ended.next() }
await core.shutDown()
