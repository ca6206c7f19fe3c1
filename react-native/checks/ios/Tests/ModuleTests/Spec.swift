// The types of `NativeAppwriteSession.ts`, read from there: what the module gives is compared with them.

import Foundation

let spec = Spec()

/// The object types of the spec.
struct Spec: Sendable {
  private let types: [String: [String: String]]

  init() {
    let file = URL(fileURLWithPath: #filePath + "/../../../../../src/NativeAppwriteSession.ts").standardizedFileURL
    let source = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    var types: [String: [String: String]] = [:]
    for part in source.components(separatedBy: "export type ").dropFirst() {
      let name = String(part.prefix { $0 != " " })
      let body = part.components(separatedBy: "{\n")[1].components(separatedBy: "};")[0]
      let fields = body.split(separator: "\n").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " ;")) }
      types[name] = Dictionary(
        uniqueKeysWithValues: fields.map {
          let parts = $0.components(separatedBy: ": ")
          return (parts[0], parts[1])
        })
    }
    precondition(types["NativeChange"]?["client"] == "CodegenTypes.Int32" && types["NativeChange"]?["reason?"] == "string")
    self.types = types
  }

  /// What is wrong with `value` as a `type`.
  func faults(_ type: String, _ value: Any?) -> [String] {
    switch type {
    case "unknown": []
    case "void": value == nil ? [] : ["not nothing"]
    case "string": value is String ? [] : ["no text"]
    case "boolean": value is Bool ? [] : ["not yes or no"]
    case "number": value is Double || value is Int ? [] : ["no number"]
    case "CodegenTypes.Int32": value is Int ? [] : ["no whole number"]
    case _ where type.hasSuffix("[]"):
      (value as? [Any])?.flatMap { faults(String(type.dropLast(2)), $0) } ?? ["no list"]
    default: (value as? [String: Any]).map { faults(of: type, $0) } ?? ["no object"]
    }
  }

  private func faults(of type: String, _ value: [String: Any]) -> [String] {
    guard let fields = types[type] else { return ["there is no \(type)"] }
    let known = Set(fields.keys.map { $0.replacingOccurrences(of: "?", with: "") })
    var faults = value.keys.filter { !known.contains($0) }.map { "\(type).\($0) is not in the spec" }
    for (field, wanted) in fields {
      let name = field.replacingOccurrences(of: "?", with: "")
      if value[name] == nil, field.hasSuffix("?") { continue }
      faults += self.faults(wanted, value[name]).map { "\(type).\(name) is \($0)" }
    }
    return faults
  }
}
