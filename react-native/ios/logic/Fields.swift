// What JavaScript passed: an object of the spec, read field by field.

import Foundation

/// An object of the spec as React Native hands it over. Its numbers are doubles.
///
/// A text that is missing is empty, and so refused where it matters: nothing that JavaScript passes can end the app.
struct Fields {
  private let values: [String: Any]

  init(_ values: [String: Any]) {
    self.values = values
  }

  func text(_ name: String) -> String { optional(name) ?? "" }
  func optional(_ name: String) -> String? { values[name] as? String }
  func number(_ name: String) -> Double? { values[name] as? Double }
  func flag(_ name: String) -> Bool { values[name] as? Bool ?? false }
  func texts(_ name: String) -> [String] { values[name] as? [String] ?? [] }
  func object(_ name: String) -> Fields? { (values[name] as? [String: Any]).map(Fields.init) }
  func objects(_ name: String) -> [Fields] { (values[name] as? [[String: Any]] ?? []).map(Fields.init) }

  /// A time, which the spec has in milliseconds, in seconds.
  func seconds(_ name: String) -> TimeInterval? { number(name).map { $0 / 1000 } }

  /// What `name` stands for among `all`, by the stable names that all languages share.
  ///
  /// - Throws: ``SessionError`` with the code `config` if it is none of them.
  func choice<T>(_ name: String, of all: KeyValuePairs<String, T>) throws -> T {
    let text = text(name)
    if let found = all.first(where: { $0.key == text }) { return found.value }
    throw SessionError(.config, "\(name) is one of: \(all.map(\.key).joined(separator: ", "))")
  }
}
