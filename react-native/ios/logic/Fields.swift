// Reads an object of JavaScript.

import Foundation

/// An object of the spec, as React Native passes it. Its numbers are doubles.
///
/// A missing string is read as an empty one, which is refused where it matters: no value of JavaScript can crash the app.
struct Fields {
  private let values: [String: Any]

  init(_ values: [String: Any]) {
    self.values = values
  }

  func has(_ name: String) -> Bool { values[name] != nil }
  func text(_ name: String) -> String { optional(name) ?? "" }
  func optional(_ name: String) -> String? { values[name] as? String }
  func number(_ name: String) -> Double? { values[name] as? Double }
  func flag(_ name: String) -> Bool { values[name] as? Bool ?? false }
  func texts(_ name: String) -> [String] { values[name] as? [String] ?? [] }
  func object(_ name: String) -> Fields? { (values[name] as? [String: Any]).map(Fields.init) }
  func objects(_ name: String) -> [Fields] { (values[name] as? [[String: Any]] ?? []).map(Fields.init) }

  /// A time in seconds. In the spec it is in milliseconds.
  func seconds(_ name: String) -> TimeInterval? { number(name).map { $0 / 1000 } }

  /// An integer of at least 1.
  func count(_ name: String, upTo most: Double = 1e15) -> Int? { number(name).map { Int(min(max(1, $0), most)) } }

  /// The value that the field stands for, by the stable names that all languages share.
  ///
  /// - Throws: ``SessionError`` with the code `config` for an unknown name.
  func choice<T>(_ name: String, of all: KeyValuePairs<String, T>) throws -> T {
    let text = text(name)
    if let found = all.first(where: { $0.key == text }) { return found.value }
    throw SessionError(.config, "\(name) must be one of: \(all.map(\.key).joined(separator: ", "))")
  }
}
