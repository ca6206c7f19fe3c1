// Says which symbols of a symbol graph are not documented, and fails if there is one.
//
//   swift Checks/Documentation.swift AppwriteSession.symbols.json

import Foundation

struct Graph: Decodable {
  struct Symbol: Decodable {
    struct Comment: Decodable {
      struct Line: Decodable { let text: String }
      let lines: [Line]
    }
    let pathComponents: [String]
    let docComment: Comment?

    var isDocumented: Bool { docComment?.lines.contains { !$0.text.isEmpty } ?? false }
  }
  let symbols: [Symbol]
}

let graph = try JSONDecoder().decode(Graph.self, from: Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1])))
let undocumented = graph.symbols.filter { !$0.isDocumented }.map { $0.pathComponents.joined(separator: ".") }
print("\(graph.symbols.count) public symbols, \(undocumented.count) undocumented", undocumented.sorted().joined(separator: "\n"))
exit(graph.symbols.isEmpty || !undocumented.isEmpty ? 1 : 0)
