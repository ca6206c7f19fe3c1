import Foundation

extension SessionClient {
  /// The signed-in user's own data.
  public var profile: Profile { Profile(client: self) }
}

/// Name, e-mail address, phone number, password and preferences of the signed-in user, and the end of the account. It is
/// ``SessionClient/profile``.
///
/// Every method fails with the errors of ``SessionClient/account()``, too. Work that was begun goes on when the waiting task is cancelled.
public struct Profile: Sendable {
  let client: SessionClient

  /// Changes the name. The state shows the new one when this returns.
  ///
  /// - Throws: ``SessionError`` with the code `invalidInput` for a name of more than 128 characters.
  @discardableResult
  public func updateName(_ name: String) async throws -> Account {
    try await client.perform("profile.updateName", .text(name), read: Shown.account)
  }

  /// Changes the e-mail address, which is not verified afterwards. An anonymous user becomes a user with this address and this password;
  /// for everybody else the password is the one that they have. The session stays as it is.
  ///
  /// - Throws: ``SessionError`` with the code `alreadyExists` if another user has the address, `invalidCredentials` for a wrong password,
  ///   or `invalidInput`.
  @discardableResult
  public func updateEmail(_ email: String, password: String) async throws -> Account {
    try await client.perform("profile.updateEmail", .text(email), .text(password), read: Shown.account)
  }

  /// Changes the phone number, in the form `+14155552671`. It is not verified afterwards.
  ///
  /// - Throws: as ``updateEmail(_:password:)``.
  @discardableResult
  public func updatePhone(_ phone: String, password: String) async throws -> Account {
    try await client.perform("profile.updatePhone", .text(phone), .text(password), read: Shown.account)
  }

  /// Changes the password. `old` is needed if the user has one. This session goes on; depending on the project's settings Appwrite ends
  /// the user's other sessions.
  ///
  /// - Throws: ``SessionError`` with the code `invalidCredentials` for a wrong old password, or `invalidInput` for a new one that the
  ///   project's rules refuse.
  @discardableResult
  public func updatePassword(_ new: String, old: String? = nil) async throws -> Account {
    try await client.perform("profile.updatePassword", .text(new), .text(old), read: Shown.account)
  }

  // MARK: Preferences

  /// The user's preferences, as a JSON object.
  public func preferencesJSON() async throws -> String { try await client.perform("profile.preferences", read: Shown.text) }

  /// The user's preferences, read into a type of the app's.
  ///
  /// - Throws: ``SessionError`` with the code `invalidResponse` if the preferences are not of this shape.
  public func preferences<T: Decodable>(_ type: T.Type = T.self, by decoder: JSONDecoder = JSONDecoder()) async throws -> T {
    let json = try await preferencesJSON()
    do {
      return try decoder.decode(type, from: Data(json.utf8))
    } catch {
      throw SessionError(.invalidResponse, "the preferences are not of the expected form", mayHaveArrived: true)
    }
  }

  /// Replaces all preferences by those of a JSON object. Returns what they are now.
  ///
  /// - Throws: ``SessionError`` with the code `invalidInput` for more than 64 KB, or `config` if `json` is no JSON object.
  @discardableResult
  public func replacePreferences(json: String) async throws -> String {
    try await client.perform("profile.replacePreferences", try object(json), read: Shown.text)
  }

  /// Replaces all preferences by those of a type of the app's. Otherwise as ``replacePreferences(json:)``.
  @discardableResult
  public func replacePreferences(
    _ preferences: some Encodable & Sendable, by encoder: JSONEncoder = JSONEncoder()
  ) async throws -> String {
    try await replacePreferences(json: try written(preferences, encoder))
  }

  /// Changes the preferences that a JSON object has and keeps the others; a member that is `null` is removed. Returns what they are now.
  /// Appwrite only replaces, so this reads first: if another device writes between the two requests, what it wrote is lost.
  ///
  /// - Throws: as ``replacePreferences(json:)``.
  @discardableResult
  public func mergePreferences(json: String) async throws -> String {
    try await client.perform("profile.mergePreferences", try object(json), read: Shown.text)
  }

  /// Changes the preferences that a type of the app's has. Otherwise as ``mergePreferences(json:)``.
  @discardableResult
  public func mergePreferences(
    _ changes: some Encodable & Sendable, by encoder: JSONEncoder = JSONEncoder()
  ) async throws -> String {
    try await mergePreferences(json: try written(changes, encoder))
  }

  // MARK: The end of the account

  /// Blocks the own account, so that nobody can sign in to it until one of the project's servers lifts the block, and signs out on this
  /// device. Appwrite keeps the other devices' sessions, and lets nobody use them until then. If it fails at Appwrite, nothing has
  /// changed on this device.
  public func block() async throws { try await client.perform("profile.block", read: Shown.nothing) }

  /// Deletes the own account with everything that Appwrite has of it, and signs out on this device. Cannot be undone. Otherwise as
  /// ``block()``.
  public func delete() async throws { try await client.perform("profile.delete", read: Shown.nothing) }

  private func object(_ json: String) throws -> Argument {
    guard (try? JSONSerialization.jsonObject(with: Data(json.utf8))) is [String: Any] else {
      throw SessionError(.config, "preferences must be a JSON object")
    }
    return .object(json)
  }

  private func written(_ value: some Encodable, _ encoder: JSONEncoder) throws -> String {
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw SessionError(.config, "the preferences cannot be written as JSON; use string keys and finite numbers")
    }
  }
}
