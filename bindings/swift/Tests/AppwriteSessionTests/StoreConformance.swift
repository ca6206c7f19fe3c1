// What every SecureStore must do, in the words of the core's own suite. Copy it to test a store of your own.

import AppwriteSession
import Foundation
import Testing

/// Fails the test for each thing that a store does not do.
///
/// - Parameter open: Opens the store, anew each time: a durable one finds its records again.
func expectConformance(_ open: @Sendable () -> any SecureStore) throws {
  try whatWasNeverSavedIsNone(open())
  try theLastSaveWins(open())
  try anyTextComesBack(open())
  try keysAreIndependent(open())
  try quarantineFreesTheKeyAndKeepsTheRecord(open())
  try aDurableRecordSurvivesReopening(open)
  try threadsDoNotMixRecords(open())
}

private func whatWasNeverSavedIsNone(_ store: any SecureStore) throws {
  let key = unused()
  #expect(try store.load(key: key) == nil)
  try store.clear(key: key)
  try store.quarantine(key: key, aside: aside(key))
  #expect(try store.load(key: key) == nil)
  #expect(try store.load(key: aside(key)) == nil)
}

private func theLastSaveWins(_ store: any SecureStore) throws {
  let key = unused()
  for record in ["a", "a longer one", "b"] { try store.save(key: key, record: record) }
  #expect(try store.load(key: key) == "b")
  try store.clear(key: key)
  #expect(try store.load(key: key) == nil)
}

private func anyTextComesBack(_ store: any SecureStore) throws {
  for record in ["", " \n", "{\"version\":\"1\"}", "é世🔑\u{0}", String(repeating: "x", count: 4000)] {
    let key = unused()
    try store.save(key: key, record: record)
    #expect(try store.load(key: key) == record)
    try store.clear(key: key)
  }
}

private func keysAreIndependent(_ store: any SecureStore) throws {
  let first = unused()
  let keys = [
    first, first + "#", first.uppercased(), "\(first)/../\(first)", "účet-\(first)", first + String(repeating: "-", count: 4000),
  ]
  for (number, key) in keys.enumerated() { try store.save(key: key, record: "\(number)") }
  try store.clear(key: first)
  #expect(try store.load(key: first) == nil)
  for (number, key) in keys.enumerated().dropFirst() {
    #expect(try store.load(key: key) == "\(number)")
    try store.clear(key: key)
  }
}

private func quarantineFreesTheKeyAndKeepsTheRecord(_ store: any SecureStore) throws {
  let key = unused()
  for damaged in ["damaged once", "damaged twice"] {
    try store.save(key: key, record: damaged)
    try store.quarantine(key: key, aside: aside(key))
    #expect(try store.load(key: key) == nil)
    #expect(try store.load(key: aside(key)) == damaged)
  }
  try store.quarantine(key: key, aside: aside(key))
  #expect(try store.load(key: aside(key)) == "damaged twice", "nothing to set aside leaves what was set aside before")
  try store.save(key: key, record: "a new login")
  try store.clear(key: key)
  #expect(try store.load(key: aside(key)) == "damaged twice")
  try store.clear(key: aside(key))
}

private func aDurableRecordSurvivesReopening(_ open: () -> any SecureStore) throws {
  let key = unused()
  guard open().persistence == .durable else { return }
  try open().save(key: key, record: "kept")
  #expect(try open().load(key: key) == "kept")
  try open().clear(key: key)
  #expect(try open().load(key: key) == nil)
}

private func threadsDoNotMixRecords(_ store: any SecureStore) throws {
  let shared = unused()
  DispatchQueue.concurrentPerform(iterations: 4) { thread in
    let own = unused()
    for round in 0..<5 {
      let record = String(repeating: "\(thread):\(round);", count: thread * 5 + 1)
      #expect(throws: Never.self) {
        try store.save(key: own, record: record)
        try store.save(key: shared, record: record)
      }
      #expect((try? store.load(key: own)) == record)
    }
    #expect(throws: Never.self) { try store.clear(key: own) }
  }
  let last = try store.load(key: shared) ?? ""
  #expect(Set(last.split(separator: ";")).count == 1, "pieces of several records")
  try store.clear(key: shared)
}

private func unused() -> String { "https://conformance.example/v1#\(UUID().uuidString)#default" }

private func aside(_ key: String) -> String { key + "#quarantine" }

@Test func aStoreInMemoryDoesWhatEveryStoreMustDo() throws {
  let store = MemoryStore()
  try expectConformance { store }
}
