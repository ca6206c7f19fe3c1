extension SessionClient {
  /// The devices that take the signed-in user's push messages.
  public var pushTargets: PushTargets { PushTargets(client: self) }
}

/// The push targets of this session. It is ``SessionClient/pushTargets``. A target belongs to the session, and ends with it.
///
/// Every method fails with the errors of ``SessionClient/account()``, too. Work that was begun goes on when the waiting task is cancelled.
public struct PushTargets: Sendable {
  let client: SessionClient

  /// Lets push messages come to this device.
  ///
  /// - Parameters:
  ///   - identifier: The device's token of APNs or FCM.
  ///   - providerId: The messaging provider, where the project has several.
  /// - Throws: ``SessionError`` with the code `alreadyExists` if there is a target with this token, on Appwrite before 2.0, or `config` if
  ///   `providerId` cannot be an id.
  @discardableResult
  public func create(identifier: String, providerId: String? = nil) async throws -> PushTarget {
    try await client.perform("pushTargets.create", .text(identifier), .text(providerId), read: Shown.target)
  }

  /// Replaces the device's token, when APNs or FCM gave the app a new one.
  ///
  /// - Throws: ``SessionError`` with the code `invalidInput` if there is no such target, or `config` if `id` cannot be an id.
  @discardableResult
  public func update(_ id: String, identifier: String) async throws -> PushTarget {
    try await client.perform("pushTargets.update", .text(id), .text(identifier), read: Shown.target)
  }

  /// Stops push messages to a device.
  ///
  /// - Throws: as ``update(_:identifier:)``.
  public func delete(_ id: String) async throws {
    try await client.perform("pushTargets.delete", .text(id), read: Shown.nothing)
  }
}

/// A device that Appwrite sends the user's push messages to. It belongs to the session, and ends with it.
public struct PushTarget: Sendable, Hashable, Codable, Identifiable {
  /// The target's id.
  public let id: String
  /// The device's token of APNs or FCM.
  public let identifier: String
  /// The id of the messaging provider; nil for the project's only one.
  public let providerId: String?
  /// Whether the provider has refused the token, so that a newer one is needed.
  public let expired: Bool

  /// A target of these values, for an app's tests and previews.
  public init(id: String, identifier: String, providerId: String? = nil, expired: Bool = false) {
    self.id = id
    self.identifier = identifier
    self.providerId = providerId
    self.expired = expired
  }
}
