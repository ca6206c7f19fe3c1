// Operations of the core by their names.

import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

extension SessionClient {
  /// Performs an operation of the core by its name, for bridges that carry text to another language.
  ///
  /// The name of an operation is that of the method in camel case, behind the noun that it is grouped by: `profile.updateName`. What is
  /// missing in the result is left out, times are milliseconds since 1970, and what returns nothing is `null`.
  ///
  /// - Parameters:
  ///   - name: The operation.
  ///   - argumentsJSON: Its arguments, as a JSON list. What is left out or `null` is missing.
  /// - Returns: The result as JSON. It may hold secrets.
  /// - Throws: ``SessionError``: those of the operation, and `config` if there is no such operation or the arguments are not its own.
  public func performOperation(_ name: String, _ argumentsJSON: String) async throws -> String {
    // As with the methods that are functions of the core: a sign-in asks for no confirmation, and neither does a recovery.
    let needsPresence = name.contains(".") && !name.hasPrefix("recovery.")
    return try await run(needsPresence: needsPresence) { try await $0.call(operation: name, arguments: argumentsJSON) }
  }
}
